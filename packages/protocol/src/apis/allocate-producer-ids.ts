import { api } from '../schema/api.ts';
import { int16, int32, int64 } from '../schema/field.ts';

/** A broker asks the controller for a block of producer ids (KIP-730). */
export const AllocateProducerIds = api('AllocateProducerIds', {
  key: 67,
  versions: [0, 0],
  flexibleSince: 0,

  request: {
    brokerId: int32(),
    brokerEpoch: int64({ default: -1 }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    producerIdStart: int64(),
    producerIdLen: int32(),
  },
});
