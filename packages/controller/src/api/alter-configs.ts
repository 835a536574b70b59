/** AlterConfigs v0-2, the legacy one that replaces all configs of a resource. */
import { handler } from '@tidelog/net';
import { AlterConfigs } from '@tidelog/protocol';
import { decideAlterConfigs, refusedResources } from '../core/decisions/alter-configs.ts';
import { pipelined, type ControllerDeps } from './controller-deps.ts';

export const alterConfigs = handler(
  AlterConfigs,
  [0, 2],
  ({ controller }: ControllerDeps, request) =>
    controller.write(
      (context) => decideAlterConfigs(context, request),
      (errorCode, errorMessage) => refusedResources(request.resources, { errorCode, errorMessage }),
    ),
  pipelined,
);
