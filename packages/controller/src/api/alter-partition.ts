/** AlterPartition v2-3. */
import { handler } from '@tidelog/net';
import { AlterPartition } from '@tidelog/protocol';
import { decideAlterPartition } from '../core/decisions/alter-partition.ts';
import { pipelined, type ControllerDeps } from './controller-deps.ts';

export const alterPartition = handler(
  AlterPartition,
  [2, 3],
  ({ controller }: ControllerDeps, request) =>
    controller.write(
      (context) => decideAlterPartition(context, request),
      (errorCode) => ({ throttleTimeMs: 0, errorCode, topics: [] }),
    ),
  pipelined,
);
