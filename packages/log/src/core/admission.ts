/**
 * Whether bytes may enter the log, and as which batches. What a client or a coordinator brings is validated and stamped
 * with offset, epoch and, where the topic says so, the broker's time or codec; what a leader sent is taken as it is
 * after its checksum. Nothing is changed here but the bytes of an admitted batch.
 */
import { Chunks } from '@tidelog/core';
import {
  buildBatch,
  ErrorCode,
  patchBatch,
  patchTimestamps,
  ProtocolError,
  readBatchHeader,
  readControlRecord,
  readEndTxnMarker,
  recordsOf,
  validateClientFrame,
  validateClientHeader,
  validateRecords,
  verifyCrc,
  type BatchHeader,
  type Codec,
} from '@tidelog/protocol';
import type { LogConfig } from './log-config.ts';
import type { AppendOptions, RecordError, Refused } from './outcomes.ts';
import type { TransactionMarker } from './producer-entry.ts';

/** A batch on its way into the log. */
export interface AdmittedBatch {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly sizeInBytes: number;
  readonly maxTimestamp: number;
  readonly leaderEpoch: number;
  readonly recordCount: number;
  /** As it was read: for assigned batches baseOffset and partitionLeaderEpoch are not the ones above. */
  readonly header: BatchHeader;
  readonly marker: TransactionMarker | undefined;
}

/** One batch that has passed every check that needs only the batch and the configuration. */
export interface CheckedBatch {
  readonly kind: 'checked';
  readonly records: Chunks;
  readonly header: BatchHeader;
  readonly logAppendTimeMs: number;
}

const noRecordErrors: readonly RecordError[] = [];

export function refuse(error: ErrorCode, detail: string, recordErrors = noRecordErrors): Refused {
  return { kind: 'refused', error, detail, recordErrors };
}

/**
 * How many times max.message.bytes the records of one batch may become when they are decompressed to be validated. That
 * happens on the loop: a bomb must not hold it for longer than a large batch that means well.
 */
const decompressedGrowthMax = 32;
const decompressedBytesMin = 16 * 1024 * 1024;

/** Checks a client's batch (semantics 3), and applies the topic's timestamp type and codec to it. */
export function checkClientBatch(records: Chunks, config: LogConfig, options: AppendOptions): CheckedBatch | Refused {
  const header = readBatchHeader(records, 0);
  if (header === undefined) return refuse(ErrorCode.INVALID_RECORD, `${records.byteLength} bytes hold no batch`);
  const { maxMessageBytes } = config;
  const unframed = validateClientFrame(header, { available: records.byteLength, maxMessageBytes });
  if (unframed !== undefined) return refuse(unframed.error, unframed.detail);
  if (!verifyCrc(records, 0, header)) return refuse(ErrorCode.CORRUPT_MESSAGE, 'the checksum is not that of the bytes');
  const wrong = validateClientHeader(header);
  if (wrong !== undefined) return refuse(wrong.error, wrong.detail);
  const byCreateTime = config.messageTimestampType === 'CreateTime';
  const errors = validateRecords(records, header, {
    requireKeys: config.cleanupPolicy.includes('compact'),
    timestampWindow: byCreateTime
      ? {
          earliest: options.wallNow - config.messageTimestampBeforeMaxMs,
          latest: options.wallNow + config.messageTimestampAfterMaxMs,
        }
      : undefined,
    maxBytes: Math.max(decompressedBytesMin, decompressedGrowthMax * maxMessageBytes),
  });
  if (errors.error !== ErrorCode.NONE) return refuse(errors.error, errors.detail, errors.recordErrors);
  const stamped = stampTime(records, header, config, options, errors.maxTimestamp);
  return fits(recompressed(stamped, config), config);
}

/** Checks what a coordinator of this process made; its records need no validation. */
export function checkCoordinatorBatch(
  records: Chunks,
  config: LogConfig,
  options: AppendOptions,
): CheckedBatch | Refused {
  const header = readBatchHeader(records, 0);
  if (header?.magic !== 2 || header.sizeInBytes !== records.byteLength || header.recordCount < 1) {
    return refuse(ErrorCode.INVALID_RECORD, `${records.byteLength} bytes are not exactly one batch`);
  }
  return fits(recompressed(stampTime(records, header, config, options, header.maxTimestamp), config), config);
}

function stampTime(
  records: Chunks,
  header: BatchHeader,
  config: LogConfig,
  options: AppendOptions,
  maxTimestamp: number,
): CheckedBatch {
  const byAppendTime = config.messageTimestampType === 'LogAppendTime';
  if (!byAppendTime && maxTimestamp === header.maxTimestamp) {
    return { kind: 'checked', records, header, logAppendTimeMs: -1 };
  }
  const time = byAppendTime ? (options.requestTime ?? options.wallNow) : maxTimestamp;
  const timestampType = byAppendTime ? 'LogAppendTime' : 'CreateTime';
  patchTimestamps(records, 0, header, { timestampType, maxTimestamp: time });
  const patched = readBatchHeader(records, 0) ?? header;
  return { kind: 'checked', records, header: patched, logAppendTimeMs: byAppendTime ? time : -1 };
}

/** The batch in the topic's codec, where that is not the producer's. Control batches stay as they are. */
function recompressed(batch: CheckedBatch, config: LogConfig): CheckedBatch {
  const { header, records } = batch;
  if (config.compressionType === 'producer' || header.isControl) return batch;
  const codec: Codec = config.compressionType === 'uncompressed' ? 'none' : config.compressionType;
  if (header.codec === codec) return batch;
  const rebuilt = Chunks.of(
    buildBatch({
      records: [...recordsOf(records, header)],
      codec,
      level: config.compressionLevel,
      timestampType: header.timestampType,
      maxTimestamp: header.maxTimestamp,
      producerId: header.producerId,
      producerEpoch: header.producerEpoch,
      baseSequence: header.baseSequence,
      isTransactional: header.isTransactional,
    }),
  );
  return { ...batch, records: rebuilt, header: readBatchHeader(rebuilt, 0) ?? header };
}

function fits(batch: CheckedBatch, config: LogConfig): CheckedBatch | Refused {
  const size = batch.header.sizeInBytes;
  if (size > config.maxMessageBytes) {
    const detail = `batch of ${size} bytes; max.message.bytes is ${config.maxMessageBytes}`;
    return refuse(ErrorCode.MESSAGE_TOO_LARGE, detail);
  }
  if (size > config.segmentBytes) {
    return refuse(ErrorCode.RECORD_LIST_TOO_LARGE, `batch of ${size} bytes; segment.bytes is ${config.segmentBytes}`);
  }
  return batch;
}

/** Gives a checked batch its place, in its bytes too. */
export function assign(batch: CheckedBatch, firstOffset: number, leaderEpoch: number): AdmittedBatch {
  patchBatch(batch.records, 0, { baseOffset: firstOffset, partitionLeaderEpoch: leaderEpoch });
  const { header } = batch;
  return admitted(header, firstOffset, leaderEpoch, readMarker(batch.records, 0, header));
}

function admitted(
  header: BatchHeader,
  firstOffset: number,
  leaderEpoch: number,
  marker: TransactionMarker | undefined,
): AdmittedBatch {
  return {
    firstOffset,
    lastOffset: firstOffset + header.lastOffsetDelta,
    sizeInBytes: header.sizeInBytes,
    maxTimestamp: header.maxTimestamp,
    leaderEpoch,
    recordCount: header.recordCount,
    header,
    marker,
  };
}

/** The batches of a leader as far as they are whole and of no later epoch than asked for; `byteLength` is theirs. */
export interface ReplicatedRun {
  readonly kind: 'run';
  readonly batches: readonly AdmittedBatch[];
  readonly byteLength: number;
}

export function checkReplicated(records: Chunks, options: AppendOptions, nextOffset: number): ReplicatedRun | Refused {
  const batches: AdmittedBatch[] = [];
  let at = 0;
  let expected = nextOffset;
  for (;;) {
    const header = readBatchHeader(records, at);
    if (header === undefined || at + header.sizeInBytes > records.byteLength) break;
    if (header.partitionLeaderEpoch > options.leaderEpoch) break;
    const wrong = wrongWithReplicated(header, expected);
    if (wrong !== undefined) return wrong;
    if (!verifyCrc(records, at, header)) {
      return refuse(ErrorCode.CORRUPT_MESSAGE, `the checksum of the batch at offset ${header.baseOffset} is wrong`);
    }
    const marker = readMarker(records, at, header);
    batches.push(admitted(header, header.baseOffset, header.partitionLeaderEpoch, marker));
    expected = header.nextOffset;
    at += header.sizeInBytes;
  }
  return { kind: 'run', batches, byteLength: at };
}

function wrongWithReplicated(header: BatchHeader, expected: number): Refused | undefined {
  const { baseOffset, lastOffsetDelta, magic, batchLength } = header;
  if (magic !== 2 || batchLength < 49 || lastOffsetDelta < 0 || !Number.isSafeInteger(baseOffset)) {
    return refuse(ErrorCode.CORRUPT_MESSAGE, `a malformed batch header where offset ${expected} was expected`);
  }
  if (baseOffset < expected) {
    return refuse(ErrorCode.OFFSET_OUT_OF_RANGE, `batch at offset ${baseOffset}; the log goes on at ${expected}`);
  }
  return undefined;
}

/** The marker in a transactional control batch; undefined for every other batch. */
export function readMarker(records: Chunks, at: number, header: BatchHeader): TransactionMarker | undefined {
  if (!header.isControl || !header.isTransactional) return undefined;
  try {
    for (const record of recordsOf(records.slice(at, at + header.sizeInBytes), header)) {
      const name = readControlRecord(record.key)?.name;
      if (name !== 'COMMIT' && name !== 'ABORT') return undefined;
      const coordinatorEpoch = readEndTxnMarker(record.value)?.coordinatorEpoch ?? -1;
      return { type: name === 'COMMIT' ? 'commit' : 'abort', coordinatorEpoch };
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
  return undefined;
}
