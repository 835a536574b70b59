/** ListPartitionReassignments v0. */
import { handler } from '@tidelog/net';
import { ListPartitionReassignments } from '@tidelog/protocol';
import { decideListPartitionReassignments } from '../core/decisions/list-partition-reassignments.ts';
import { pipelined, type ControllerDeps } from './controller-deps.ts';

export const listPartitionReassignments = handler(
  ListPartitionReassignments,
  [0, 0],
  ({ controller }: ControllerDeps, request) =>
    controller.write(
      (context) => decideListPartitionReassignments(context, request),
      (errorCode, errorMessage) => ({ throttleTimeMs: 0, errorCode, errorMessage, topics: [] }),
    ),
  pipelined,
);
