/**
 * Records of __share_group_state: the acknowledgements of one share partition as a snapshot, and updates since then
 * (KIP-932). A key is its record type and the fields, a value an int16 version and the fields.
 */
import { array, int16, int32, int64, int8, string, uuid } from '../schema/field.ts';
import { data } from '../schema/message.ts';

export const ShareSnapshotKey = data('ShareSnapshotKey', {
  recordType: 0,
  versions: [0, 0],
  fields: {
    groupId: string(),
    topicId: uuid(),
    partition: int32(),
  },
});

export const ShareSnapshotValue = data('ShareSnapshotValue', {
  recordType: 0,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    snapshotEpoch: int32(),
    stateEpoch: int32(),
    leaderEpoch: int32(),
    startOffset: int64(),
    deliveryCompleteCount: int32({ default: -1, tag: 0 }),
    createTimestamp: int64(),
    writeTimestamp: int64(),
    stateBatches: array({
      firstOffset: int64(),
      lastOffset: int64(),
      deliveryState: int8(),
      deliveryCount: int16(),
    }),
  },
});

export const ShareUpdateKey = data('ShareUpdateKey', {
  recordType: 1,
  versions: [0, 0],
  fields: {
    groupId: string(),
    topicId: uuid(),
    partition: int32(),
  },
});

export const ShareUpdateValue = data('ShareUpdateValue', {
  recordType: 1,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    snapshotEpoch: int32(),
    leaderEpoch: int32(),
    startOffset: int64(),
    deliveryCompleteCount: int32({ default: -1, tag: 0 }),
    stateBatches: array({
      firstOffset: int64(),
      lastOffset: int64(),
      deliveryState: int8(),
      deliveryCount: int16(),
    }),
  },
});
