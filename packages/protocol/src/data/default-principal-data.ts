/**
 * Who sent a request that a broker forwards to the controller in an Envelope (KIP-590).
 * An int16 version goes before it.
 */
import { boolean, string } from '../schema/field.ts';
import { data } from '../schema/message.ts';

export const DefaultPrincipalData = data('DefaultPrincipalData', {
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    type: string(),
    name: string(),
    tokenAuthenticated: boolean(),
  },
});
