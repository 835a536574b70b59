import { api } from '../schema/api.ts';
import { boolean, bytes, int16, int32, int8, uuid } from '../schema/field.ts';

/** A client sends its metrics (KIP-714). */
export const PushTelemetry = api('PushTelemetry', {
  key: 72,
  versions: [0, 0],
  flexibleSince: 0,

  request: {
    clientInstanceId: uuid(),
    subscriptionId: int32(),
    terminating: boolean(),
    compressionType: int8(),
    metrics: bytes(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
  },
});
