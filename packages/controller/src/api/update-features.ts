/**
 * UpdateFeatures v0-2. kraft.version is decided with the other features, all or none, and raised by the quorum itself;
 * its records come before theirs.
 */
import { handler } from '@tidelog/net';
import { ErrorCode, UpdateFeatures } from '@tidelog/protocol';
import type { Decision, DecisionContext } from '../core/decision.ts';
import {
  decideUpdateFeatures,
  type UpdateFeaturesRequest,
  type UpdateFeaturesResult,
} from '../core/decisions/update-features.ts';
import { pipelined, type ControllerDeps, type KraftVersion } from './controller-deps.ts';

const quorumFeature = 'kraft.version';

export const updateFeatures = handler(
  UpdateFeatures,
  [0, 2],
  ({ controller, kraftVersion }: ControllerDeps, request, { apiVersion }) =>
    controller.write(
      (context) => decide({ context, kraftVersion }, request, apiVersion),
      (errorCode, errorMessage) => ({ throttleTimeMs: 0, errorCode, errorMessage, results: [] }),
    ),
  pipelined,
);

function decide(
  { context, kraftVersion }: { context: DecisionContext; kraftVersion: KraftVersion },
  request: UpdateFeaturesRequest,
  apiVersion: number,
): Decision<UpdateFeaturesResult> {
  const update = request.featureUpdates.find(({ feature }) => feature === quorumFeature);
  if (update === undefined) return decideUpdateFeatures(context, request, apiVersion);
  const refusal = kraftVersion.refuse(update.maxVersionLevel);
  if (refusal !== undefined) {
    const errorMessage = `No feature was changed, because of ${quorumFeature}: ${refusal}.`;
    const response = { throttleTimeMs: 0, errorCode: ErrorCode.INVALID_UPDATE_VERSION, errorMessage, results: [] };
    return { records: [], response };
  }
  const featureUpdates = request.featureUpdates.filter((other) => other !== update);
  const decision = decideUpdateFeatures(context, { ...request, featureUpdates }, apiVersion);
  const { response } = decision;
  if (response.errorCode !== ErrorCode.NONE) return decision;
  const result = { feature: quorumFeature, errorCode: ErrorCode.NONE, errorMessage: null };
  const answer = { ...response, results: [...response.results, result] };
  if (request.validateOnly) return { records: [], response: answer };
  kraftVersion.raise(update.maxVersionLevel);
  // The answer waits for the last record, which is committed after the quorum's own.
  return { records: [...decision.records, { type: 'noOp' }], response: answer };
}
