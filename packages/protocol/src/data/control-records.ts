/**
 * What control batches carry: the type in the key, one of these as the value. They end transactions and keep the
 * metadata log: who leads, where a snapshot begins and ends, which voters there are (KIP-98, KIP-595, KIP-630,
 * KIP-853).
 */
import { array, int16, int32, int64, string, struct, uint16, uuid } from '../schema/field.ts';
import { data } from '../schema/message.ts';

/** The key of a control record, behind its int16 version. */
export const ControlRecordTypeSchema = data('ControlRecordTypeSchema', {
  versions: [0, 0],
  fields: {
    type: int16(),
  },
});

/** Ends a transaction in one partition; the type of the record says how. */
export const EndTxnMarker = data('EndTxnMarker', {
  versions: [0, 0],
  fields: {
    coordinatorEpoch: int32(),
  },
});

const voter = {
  voterId: int32(),
  voterDirectoryId: uuid({ since: 1 }),
};

/** The first record of a leader's epoch in the metadata log. */
export const LeaderChangeMessage = data('LeaderChangeMessage', {
  versions: [0, 1],
  flexibleSince: 0,
  fields: {
    version: int16(),
    leaderId: int32(),
    voters: array(voter),
    grantingVoters: array(voter),
  },
});

/** The first record of a snapshot. */
export const SnapshotHeaderRecord = data('SnapshotHeaderRecord', {
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    version: int16(),
    lastContainedLogTimestamp: int64(),
  },
});

/** The last record of a snapshot: without it the snapshot is not complete. */
export const SnapshotFooterRecord = data('SnapshotFooterRecord', {
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    version: int16(),
  },
});

/** Which kraft.version the quorum uses from here on. */
export const KRaftVersionRecord = data('KRaftVersionRecord', {
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    version: int16(),
    kRaftVersion: int16(),
  },
});

/** The voters of the quorum from here on. */
export const VotersRecord = data('VotersRecord', {
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    version: int16(),
    voters: array({
      voterId: int32(),
      voterDirectoryId: uuid(),
      endpoints: array({
        name: string(),
        host: string(),
        port: uint16(),
      }),
      kRaftVersionFeature: struct({
        minSupportedVersion: int16(),
        maxSupportedVersion: int16(),
      }),
    }),
  },
});
