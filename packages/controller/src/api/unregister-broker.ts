/** UnregisterBroker v0. */
import { handler } from '@tidelog/net';
import { UnregisterBroker } from '@tidelog/protocol';
import { decideUnregisterBroker } from '../core/decisions/unregister-broker.ts';
import { pipelined, type ControllerDeps } from './controller-deps.ts';

export const unregisterBroker = handler(
  UnregisterBroker,
  [0, 0],
  ({ controller }: ControllerDeps, request) =>
    controller.write(
      (context) => decideUnregisterBroker(context, request),
      (errorCode, errorMessage) => ({ throttleTimeMs: 0, errorCode, errorMessage }),
    ),
  pipelined,
);
