/**
 * The headers in front of every request and response. The client id of a request stays in the old encoding in
 * flexible versions, so that a broker can read it whatever the version (KIP-482). Which version goes with which body is
 * the API's to say. A header is read from at most 8 KiB: it is the one thing decoded before a client is known.
 */
import { int16, int32, string } from '../schema/field.ts';
import { data } from '../schema/message.ts';

/** In front of every request. */
export const RequestHeader = data('RequestHeader', {
  versions: [1, 2],
  flexibleSince: 2,
  maxBytes: 8192,
  fields: {
    requestApiKey: int16(),
    requestApiVersion: int16(),
    correlationId: int32(),
    clientId: string({ nullable: true, neverFlexible: true }),
  },
});

/** In front of every response. */
export const ResponseHeader = data('ResponseHeader', {
  versions: [0, 1],
  flexibleSince: 1,
  fields: {
    correlationId: int32(),
  },
});
