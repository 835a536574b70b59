/**
 * Records of __consumer_offsets that hold committed offsets. A key is its record type and the fields, a value an int16
 * version and the fields. The legacy pair differs in its type alone: old versions of Kafka wrote 0 where 1 is written
 * now.
 */
import { int32, int64, string, uuid } from '../schema/field.ts';
import { data } from '../schema/message.ts';

export const OffsetCommitKey = data('OffsetCommitKey', {
  recordType: 1,
  versions: [0, 0],
  fields: {
    group: string(),
    topic: string(),
    partition: int32(),
  },
});

export const OffsetCommitValue = data('OffsetCommitValue', {
  recordType: 1,
  versions: [0, 4],
  flexibleSince: 4,
  fields: {
    offset: int64(),
    leaderEpoch: int32({ since: 3, default: -1, ignorable: true }),
    metadata: string(),
    commitTimestamp: int64(),
    expireTimestamp: int64({ since: 1, until: 1, default: -1, ignorable: true }),
    topicId: uuid({ since: 4, tag: 0, ignorable: true }),
  },
});

/** What record type 0 holds; read, never written. */
export const LegacyOffsetCommitKey = data('LegacyOffsetCommitKey', {
  recordType: 0,
  versions: [0, 0],
  fields: {
    group: string(),
    topic: string(),
    partition: int32(),
  },
});

export const LegacyOffsetCommitValue = data('LegacyOffsetCommitValue', {
  recordType: 0,
  versions: [0, 0],
  fields: {
    offset: int64(),
    metadata: string(),
    commitTimestamp: int64(),
  },
});
