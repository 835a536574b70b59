import { api } from '../schema/api.ts';
import { bytes, int16 } from '../schema/field.ts';

/** A broker forwards a client's request to the active controller, with who sent it (KIP-590). */
export const Envelope = api('Envelope', {
  key: 58,
  versions: [0, 0],
  flexibleSince: 0,

  request: {
    requestData: bytes(),
    requestPrincipal: bytes({ nullable: true }),
    clientHostAddress: bytes(),
  },
  response: {
    responseData: bytes({ nullable: true, default: null }),
    errorCode: int16(),
  },
});
