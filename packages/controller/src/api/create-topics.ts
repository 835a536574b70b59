/** CreateTopics v2-7. */
import { handler } from '@tidelog/net';
import { CreateTopics } from '@tidelog/protocol';
import { decideCreateTopics, refusedTopic } from '../core/decisions/create-topics.ts';
import { pipelined, type ControllerDeps } from './controller-deps.ts';

export const createTopics = handler(
  CreateTopics,
  [2, 7],
  ({ controller }: ControllerDeps, request) =>
    controller.write(
      (context) => decideCreateTopics(context, request),
      (errorCode, errorMessage) => ({
        throttleTimeMs: 0,
        topics: request.topics.map(({ name }) => refusedTopic(name, { errorCode, errorMessage })),
      }),
    ),
  pipelined,
);
