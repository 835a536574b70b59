/** AlterClientQuotas v0-1. */
import { handler } from '@tidelog/net';
import { AlterClientQuotas } from '@tidelog/protocol';
import { decideAlterClientQuotas } from '../core/decisions/alter-client-quotas.ts';
import { pipelined, type ControllerDeps } from './controller-deps.ts';

export const alterClientQuotas = handler(
  AlterClientQuotas,
  [0, 1],
  ({ controller }: ControllerDeps, request) =>
    controller.write(
      (context) => decideAlterClientQuotas(context, request),
      (errorCode, errorMessage) => ({
        throttleTimeMs: 0,
        entries: request.entries.map(({ entity }) => ({ errorCode, errorMessage, entity })),
      }),
    ),
  pipelined,
);
