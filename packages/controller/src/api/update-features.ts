/** UpdateFeatures v0-2. */
import { handler } from '@tidelog/net';
import { UpdateFeatures } from '@tidelog/protocol';
import { decideUpdateFeatures } from '../core/decisions/update-features.ts';
import { pipelined, type ControllerDeps } from './controller-deps.ts';

export const updateFeatures = handler(
  UpdateFeatures,
  [0, 2],
  ({ controller }: ControllerDeps, request, { apiVersion }) =>
    controller.write(
      (context) => decideUpdateFeatures(context, request, apiVersion),
      (errorCode, errorMessage) => ({ throttleTimeMs: 0, errorCode, errorMessage, results: [] }),
    ),
  pipelined,
);
