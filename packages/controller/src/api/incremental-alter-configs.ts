/** IncrementalAlterConfigs v0-1. */
import { handler } from '@tidelog/net';
import { IncrementalAlterConfigs } from '@tidelog/protocol';
import { decideIncrementalAlterConfigs, refusedResources } from '../core/decisions/alter-configs.ts';
import { pipelined, type ControllerDeps } from './controller-deps.ts';

export const incrementalAlterConfigs = handler(
  IncrementalAlterConfigs,
  [0, 1],
  ({ controller }: ControllerDeps, request) =>
    controller.write(
      (context) => decideIncrementalAlterConfigs(context, request),
      (errorCode, errorMessage) => refusedResources(request.resources, { errorCode, errorMessage }),
    ),
  pipelined,
);
