/**
 * ControllerRegistration (KIP-919): a controller says where it can be reached and which features it supports.
 */
import type { RegisterControllerRecord } from '@tidelog/metadata';
import { type ControllerRegistration, ErrorCode, type RequestOf } from '@tidelog/protocol';
import type { Decision, DecisionContext } from '../decision.ts';
import { unsupportedFeature } from '../supported-features.ts';
import { endpointOf } from './register-broker.ts';

export interface ControllerRegistrationResult {
  readonly throttleTimeMs: number;
  readonly errorCode: ErrorCode;
  readonly errorMessage: string | null;
}

export function decideRegisterController(
  { image }: DecisionContext,
  request: RequestOf<typeof ControllerRegistration>,
): Decision<ControllerRegistrationResult> {
  const { controllerId, incarnationId } = request;
  const detail = unsupportedFeature(image.features, request.features);
  if (detail !== undefined) {
    const errorMessage = `Unable to register controller ${controllerId}: ${detail}`;
    return { records: [], response: { throttleTimeMs: 0, errorCode: ErrorCode.UNSUPPORTED_VERSION, errorMessage } };
  }
  const record: RegisterControllerRecord = {
    type: 'registerController',
    controllerId,
    incarnationId,
    endPoints: request.listeners.map(endpointOf),
    features: request.features.map(({ name, minSupportedVersion, maxSupportedVersion }) => ({
      name,
      minSupportedVersion,
      maxSupportedVersion,
    })),
  };
  const isKnown = image.cluster.controllers.get(controllerId)?.incarnationId === incarnationId;
  const response = { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null };
  return { records: isKnown ? [] : [record], response };
}
