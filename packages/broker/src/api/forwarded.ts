/**
 * The requests that any broker takes and the active controller decides: each is forwarded in an Envelope, and answered
 * with REQUEST_TIMED_OUT, in its own response's shape, when no controller can be had.
 */
import { zeroUuid } from '@tidelog/core';
import { bind, handler, type BoundHandler, type Reply, type VersionRange } from '@tidelog/net';
import {
  AddRaftVoter,
  AlterConfigs,
  AlterPartitionReassignments,
  CreatePartitions,
  CreateTopics,
  DeleteTopics,
  DescribeQuorum,
  ElectLeaders,
  ErrorCode,
  IncrementalAlterConfigs,
  ListPartitionReassignments,
  RemoveRaftVoter,
  UnregisterBroker,
  UpdateFeatures,
  type Api,
  type RequestOf,
} from '@tidelog/protocol';
import type { ControllerForwarding } from '../forwarding/controller-forwarding.ts';

export interface ForwardedDeps {
  readonly forwarding: ControllerForwarding;
}

const errorCode = ErrorCode.REQUEST_TIMED_OUT;
const errorMessage = 'No active controller answered in time: see "tidelog quorum describe", then try again.';

/** Handlers for all forwarded APIs. */
export function forwardedHandlers(deps: ForwardedDeps): BoundHandler[] {
  return [
    forwarded(deps, CreateTopics, [2, 7], ({ topics }) => ({
      topics: topics.map(({ name }) => ({ name, topicId: zeroUuid, errorCode, errorMessage })),
    })),
    forwarded(deps, DeleteTopics, [1, 6], ({ topics, topicNames }) => ({
      responses: [...topics, ...topicNames.map((name) => ({ name, topicId: zeroUuid }))].map((topic) => {
        return { ...topic, errorCode, errorMessage };
      }),
    })),
    forwarded(deps, CreatePartitions, [0, 3], ({ topics }) => ({
      throttleTimeMs: 0,
      results: topics.map(({ name }) => ({ name, errorCode, errorMessage })),
    })),
    forwarded(deps, IncrementalAlterConfigs, [0, 1], ({ resources }) => ({
      throttleTimeMs: 0,
      responses: resources.map(({ resourceType, resourceName }) => {
        return { resourceType, resourceName, errorCode, errorMessage };
      }),
    })),
    forwarded(deps, AlterConfigs, [0, 2], ({ resources }) => ({
      throttleTimeMs: 0,
      responses: resources.map(({ resourceType, resourceName }) => {
        return { resourceType, resourceName, errorCode, errorMessage };
      }),
    })),
    forwarded(deps, ElectLeaders, [0, 2], () => ({ throttleTimeMs: 0, errorCode, replicaElectionResults: [] })),
    forwarded(deps, AlterPartitionReassignments, [0, 1], () => ({ errorCode, errorMessage, responses: [] })),
    forwarded(deps, ListPartitionReassignments, [0, 0], () => {
      return { throttleTimeMs: 0, errorCode, errorMessage, topics: [] };
    }),
    forwarded(deps, UnregisterBroker, [0, 0], () => ({ throttleTimeMs: 0, errorCode, errorMessage })),
    forwarded(deps, UpdateFeatures, [0, 2], () => ({ throttleTimeMs: 0, errorCode, errorMessage, results: [] })),
    forwarded(deps, DescribeQuorum, [0, 2], () => ({ errorCode, errorMessage, topics: [], nodes: [] })),
    forwarded(deps, AddRaftVoter, [0, 1], () => ({ throttleTimeMs: 0, errorCode, errorMessage })),
    forwarded(deps, RemoveRaftVoter, [0, 0], () => ({ throttleTimeMs: 0, errorCode, errorMessage })),
  ];
}

function forwarded<A extends Api>(
  deps: ForwardedDeps,
  api: A,
  versions: VersionRange,
  failed: (request: RequestOf<A>) => Reply<A>,
): BoundHandler {
  const served = handler(api, versions, async ({ forwarding }: ForwardedDeps, request: RequestOf<A>, context) => {
    // A decoded response has every field that its encoder takes.
    const response = (await forwarding.forward(api, request, context)) as Reply<A> | undefined;
    return response ?? failed(request);
  });
  return bind(served, deps);
}
