/** The Kafka wire protocol: messages, record batches, compression and error codes. */
export { ErrorCode, errorName, isRetriable, ProtocolError, refreshesMetadata, type ErrorName } from './errors.ts';
export {
  api,
  type Api,
  type ApiDeclaration,
  type RequestInputOf,
  type RequestOf,
  type ResponseInputOf,
  type ResponseOf,
  type VersionRange,
} from './schema/api.ts';
export * from './schema/field.ts';
export {
  data,
  Message,
  type Decoded,
  type DecodeLimits,
  type EncodeOf,
  type MessageDeclaration,
  type ValueOf,
} from './schema/message.ts';
export {
  attributeBits,
  batchHeaderLength,
  BatchHeader,
  readBatchHeader,
  type TimestampType,
} from './records/batch-header.ts';
export { batchesOf, type BatchSlice } from './records/batches-of.ts';
export {
  buildBatch,
  maxSizeOfRecord,
  sizeOfBatch,
  type BatchInput,
  type HeaderInput,
  type RecordInput,
} from './records/batch-builder.ts';
export { codecId, codecOf, type Codec } from './records/codec.ts';
export { compress, compressAsync, decompress, decompressAsync } from './records/compression.ts';
export {
  buildControlBatch,
  buildEndTxnMarker,
  controlRecordKey,
  ControlRecordType,
  readControlRecord,
  readEndTxnMarker,
  type ControlBatchInput,
  type ControlRecordKey,
  type ControlRecordName,
  type EndTxnMarkerInput,
} from './records/control-records.ts';
export {
  patchBatch,
  patchTimestamps,
  verifyCrc,
  type BatchAssignment,
  type BatchTimestamps,
} from './records/patch-batch.ts';
export { RecordCursor } from './records/record-cursor.ts';
export {
  defaultMaxRecordsBytes,
  recordCursor,
  recordsOf,
  recordsPayload,
  type ReadOptions,
  type Record,
  type RecordHeader,
} from './records/records-of.ts';
export { validateClientHeader, type BatchError, type HeaderLimits } from './records/validate-header.ts';
export {
  validateRecords,
  type RecordError,
  type RecordErrors,
  type TimestampWindow,
  type ValidationOptions,
} from './records/validate-records.ts';
