/** CreatePartitions v0-3. */
import { handler } from '@tidelog/net';
import { CreatePartitions } from '@tidelog/protocol';
import { decideCreatePartitions } from '../core/decisions/create-partitions.ts';
import { pipelined, type ControllerDeps } from './controller-deps.ts';

export const createPartitions = handler(
  CreatePartitions,
  [0, 3],
  ({ controller }: ControllerDeps, request) =>
    controller.write(
      (context) => decideCreatePartitions(context, request),
      (errorCode, errorMessage) => ({
        throttleTimeMs: 0,
        results: request.topics.map(({ name }) => ({ name, errorCode, errorMessage })),
      }),
    ),
  pipelined,
);
