import { api } from '../schema/api.ts';
import { array, boolean, int16, int32, int8, string, uuid } from '../schema/field.ts';

/** A client asks which metrics the cluster wants from it (KIP-714). */
export const GetTelemetrySubscriptions = api('GetTelemetrySubscriptions', {
  key: 71,
  versions: [0, 0],
  flexibleSince: 0,

  request: {
    clientInstanceId: uuid(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    clientInstanceId: uuid(),
    subscriptionId: int32(),
    acceptedCompressionTypes: array(int8()),
    pushIntervalMs: int32(),
    telemetryMaxBytes: int32(),
    deltaTemporality: boolean(),
    requestedMetrics: array(string()),
  },
});
