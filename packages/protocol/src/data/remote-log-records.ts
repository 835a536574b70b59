/**
 * Records of __remote_log_metadata: the life of segments in tiered storage (KIP-405). Tidelog has no tiered storage;
 * the dump tool reads them. A record is its record type, its version and the fields.
 */
import { array, boolean, bytes, int32, int64, int8, string, struct, uuid } from '../schema/field.ts';
import { data } from '../schema/message.ts';

export const RemoteLogSegmentMetadataRecord = data('RemoteLogSegmentMetadataRecord', {
  recordType: 0,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    remoteLogSegmentId: struct({
      topicIdPartition: struct({
        name: string(),
        id: uuid(),
        partition: int32(),
      }),
      id: uuid(),
    }),
    startOffset: int64(),
    endOffset: int64(),
    brokerId: int32(),
    maxTimestampMs: int64(),
    eventTimestampMs: int64(),
    segmentLeaderEpochs: array({
      leaderEpoch: int32(),
      offset: int64(),
    }),
    segmentSizeInBytes: int32(),
    customMetadata: bytes({ nullable: true, default: null }),
    remoteLogSegmentState: int8(),
    txnIndexEmpty: boolean({ tag: 0 }),
  },
});

export const RemoteLogSegmentMetadataUpdateRecord = data('RemoteLogSegmentMetadataUpdateRecord', {
  recordType: 1,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    remoteLogSegmentId: struct({
      topicIdPartition: struct({
        name: string(),
        id: uuid(),
        partition: int32(),
      }),
      id: uuid(),
    }),
    brokerId: int32(),
    eventTimestampMs: int64(),
    customMetadata: bytes({ nullable: true, default: null }),
    remoteLogSegmentState: int8(),
  },
});

export const RemoteLogSegmentMetadataSnapshotRecord = data('RemoteLogSegmentMetadataSnapshotRecord', {
  recordType: 3,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    segmentId: uuid(),
    startOffset: int64(),
    endOffset: int64(),
    brokerId: int32(),
    maxTimestampMs: int64(),
    eventTimestampMs: int64(),
    segmentLeaderEpochs: array({
      leaderEpoch: int32(),
      offset: int64(),
    }),
    segmentSizeInBytes: int32(),
    customMetadata: bytes({ nullable: true, default: null }),
    remoteLogSegmentState: int8(),
    txnIndexEmpty: boolean({ tag: 0 }),
  },
});

export const RemotePartitionDeleteMetadataRecord = data('RemotePartitionDeleteMetadataRecord', {
  recordType: 2,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    topicIdPartition: struct({
      name: string(),
      id: uuid(),
      partition: int32(),
    }),
    brokerId: int32(),
    eventTimestampMs: int64(),
    remotePartitionDeleteState: int8(),
  },
});
