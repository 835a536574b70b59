/** AllocateProducerIds v0. */
import { handler } from '@tidelog/net';
import { AllocateProducerIds } from '@tidelog/protocol';
import { decideAllocateProducerIds } from '../core/decisions/allocate-producer-ids.ts';
import { pipelined, type ControllerDeps } from './controller-deps.ts';

export const allocateProducerIds = handler(
  AllocateProducerIds,
  [0, 0],
  ({ controller }: ControllerDeps, request) =>
    controller.write(
      (context) => decideAllocateProducerIds(context, request),
      (errorCode) => ({ throttleTimeMs: 0, errorCode, producerIdStart: -1, producerIdLen: 0 }),
    ),
  pipelined,
);
