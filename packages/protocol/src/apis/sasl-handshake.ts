import { api } from '../schema/api.ts';
import { array, int16, string } from '../schema/field.ts';

/** Chooses the SASL mechanism of a connection. */
// v0  bare tokens follow, without Kafka framing
// v1  tokens follow in SaslAuthenticate (KIP-152)
export const SaslHandshake = api('SaslHandshake', {
  key: 17,
  versions: [0, 1],

  request: {
    mechanism: string(),
  },
  response: {
    errorCode: int16(),
    mechanisms: array(string()),
  },
});
