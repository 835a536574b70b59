/**
 * Records of __consumer_offsets that hold a classic group: its generation, protocol and members.
 * A key is its record type and the fields, a value an int16 version and the fields.
 */
import { array, bytes, int32, int64, string } from '../schema/field.ts';
import { data } from '../schema/message.ts';

export const GroupMetadataKey = data('GroupMetadataKey', {
  recordType: 2,
  versions: [0, 0],
  fields: {
    group: string(),
  },
});

const memberMetadata = {
  memberId: string(),
  groupInstanceId: string({ since: 3, nullable: true, default: null, ignorable: true }),
  clientId: string(),
  clientHost: string(),
  rebalanceTimeout: int32({ since: 1, default: -1, ignorable: true }),
  sessionTimeout: int32(),
  subscription: bytes(),
  assignment: bytes(),
};

export const GroupMetadataValue = data('GroupMetadataValue', {
  recordType: 2,
  versions: [0, 4],
  flexibleSince: 4,
  fields: {
    protocolType: string(),
    generation: int32(),
    protocol: string({ nullable: true }),
    leader: string({ nullable: true }),
    currentStateTimestamp: int64({ since: 2, default: -1, ignorable: true }),
    members: array(memberMetadata),
  },
});
