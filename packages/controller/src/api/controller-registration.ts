/** ControllerRegistration v0. */
import { handler } from '@tidelog/net';
import { ControllerRegistration } from '@tidelog/protocol';
import { decideRegisterController } from '../core/decisions/register-controller.ts';
import { pipelined, type ControllerDeps } from './controller-deps.ts';

export const controllerRegistration = handler(
  ControllerRegistration,
  [0, 0],
  ({ controller }: ControllerDeps, request) =>
    controller.write(
      (context) => decideRegisterController(context, request),
      (errorCode, errorMessage) => ({ throttleTimeMs: 0, errorCode, errorMessage }),
    ),
  pipelined,
);
