/** ConsumerGroupHeartbeat v0-1 (KIP-848): joining, leaving, subscribing and being assigned, in one request. */
import { handler } from '@tidelog/net';
import { ConsumerGroupHeartbeat, ErrorCode, type RequestOf } from '@tidelog/protocol';
import {
  heartbeatError,
  type ConsumerHeartbeatResponse,
} from '../coordinator/group/core/consumer/consumer-responses.ts';
import { mayOnGroup, mayOnTopic } from './group-authorization.ts';
import type { GroupDeps } from './group-handlers.ts';
import { clientOf } from './join-group.ts';

export const groupVersionFeature = 'group.version';

export const consumerGroupHeartbeat = handler(
  ConsumerGroupHeartbeat,
  [0, 1],
  (
    { coordinator, authorizer }: GroupDeps,
    request: RequestOf<typeof ConsumerGroupHeartbeat>,
    context,
  ): ConsumerHeartbeatResponse | Promise<ConsumerHeartbeatResponse> => {
    const { groupId, subscribedTopicNames } = request;
    const failed = (error: ErrorCode): ConsumerHeartbeatResponse => heartbeatError(error, null);
    const isOn =
      coordinator.config.consumerProtocolEnabled && coordinator.image.features.get(groupVersionFeature) === 1;
    if (!isOn) return failed(ErrorCode.UNSUPPORTED_VERSION);
    if (!mayOnGroup(authorizer, context, { operation: 'READ', groupId })) {
      return failed(ErrorCode.GROUP_AUTHORIZATION_FAILED);
    }
    const hidden = subscribedTopicNames?.some(
      (topic) => !mayOnTopic(authorizer, context, { operation: 'DESCRIBE', topic }),
    );
    if (hidden === true) return failed(ErrorCode.TOPIC_AUTHORIZATION_FAILED);
    const input = { type: 'consumerHeartbeat', request, apiVersion: context.apiVersion } as const;
    // Randomness costs as much as all the rest of a steady heartbeat.
    const uuid = request.memberId === '' ? coordinator.newUuid() : '';
    return coordinator.ask<ConsumerHeartbeatResponse>(groupId, {
      input: (to) => ({ ...input, client: clientOf(context), uuid, to }),
      failed,
    });
  },
);
