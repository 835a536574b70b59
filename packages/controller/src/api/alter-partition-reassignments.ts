/** AlterPartitionReassignments v0-1. */
import { handler } from '@tidelog/net';
import { AlterPartitionReassignments } from '@tidelog/protocol';
import { decideAlterPartitionReassignments } from '../core/decisions/alter-partition-reassignments.ts';
import { pipelined, type ControllerDeps } from './controller-deps.ts';

export const alterPartitionReassignments = handler(
  AlterPartitionReassignments,
  [0, 1],
  ({ controller }: ControllerDeps, request) =>
    controller.write(
      (context) => decideAlterPartitionReassignments(context, request),
      (errorCode, errorMessage) => ({
        throttleTimeMs: 0,
        allowReplicationFactorChange: true,
        errorCode,
        errorMessage,
        responses: [],
      }),
    ),
  pipelined,
);
