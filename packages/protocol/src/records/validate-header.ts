/**
 * Judges the header of a batch that a client sent, before anything behind it is read. It knows only the batch: whether
 * the sequence follows the last one, whether the codec is allowed and whether the crc is right are asked elsewhere. The
 * crc is to be asked for between the two: bits that flipped on the way give CORRUPT_MESSAGE, which clients send again.
 */
import { ErrorCode } from '../errors.ts';
import { batchHeaderLength, type BatchHeader } from './batch-header.ts';

export interface BatchError {
  readonly error: ErrorCode;
  readonly detail: string;
}

export interface HeaderLimits {
  /** The bytes that the client sent for this batch, header included. */
  readonly available: number;
  /** max.message.bytes. */
  readonly maxMessageBytes: number;
}

/** What a broker refuses before it looks at what the crc covers; undefined when there is one whole batch. */
export function validateClientFrame(header: BatchHeader, limits: HeaderLimits): BatchError | undefined {
  if (header.magic !== 2) return invalid(`record format ${header.magic}; only 2 is accepted`);
  if (header.sizeInBytes < batchHeaderLength || header.sizeInBytes > limits.available) {
    const detail = `batch of ${header.sizeInBytes} bytes in ${limits.available}`;
    return { error: ErrorCode.CORRUPT_MESSAGE, detail };
  }
  if (header.sizeInBytes < limits.available) return invalid('more than one batch for a partition');
  if (header.sizeInBytes > limits.maxMessageBytes) {
    const detail = `batch of ${header.sizeInBytes} bytes; max.message.bytes is ${limits.maxMessageBytes}`;
    return { error: ErrorCode.MESSAGE_TOO_LARGE, detail };
  }
  if (header.baseOffset !== 0) return invalid(`base offset ${header.baseOffset} from a client; must be 0`);
  return undefined;
}

/** What a broker refuses in a client's batch; undefined when the header is fit to be appended. */
export function validateClientHeader(header: BatchHeader): BatchError | undefined {
  return validateCounts(header) ?? validateProducer(header) ?? validateAttributes(header);
}

/** Record count and last offset delta agree, as in every batch that was never compacted. */
export function validateCounts(header: BatchHeader): BatchError | undefined {
  const { recordCount, lastOffsetDelta } = header;
  if (recordCount <= 0) return invalid(`${recordCount} records`);
  if (lastOffsetDelta !== recordCount - 1) {
    return invalid(`last offset delta ${lastOffsetDelta} for ${recordCount} records`);
  }
  return undefined;
}

function validateProducer({
  producerId,
  producerEpoch,
  baseSequence,
  isTransactional,
}: BatchHeader): BatchError | undefined {
  if (producerId < -1 || !Number.isSafeInteger(producerId)) return invalid(`producer id ${producerId}`);
  if (producerId >= 0 && producerEpoch < 0) return invalid(`producer epoch ${producerEpoch} of producer ${producerId}`);
  if (producerId >= 0 && baseSequence < 0) return invalid(`base sequence ${baseSequence} of producer ${producerId}`);
  if (producerId < 0 && isTransactional) return invalid('a transactional batch without a producer id');
  return undefined;
}

function validateAttributes(header: BatchHeader): BatchError | undefined {
  if (header.codec === 'unknown') {
    return { error: ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, detail: `codec ${header.attributes & 7}` };
  }
  if (header.isControl) return invalid('a control batch from a client');
  if (header.hasDeleteHorizon) return invalid('a delete horizon from a client');
  if (header.timestampType === 'LogAppendTime') {
    return { error: ErrorCode.INVALID_TIMESTAMP, detail: 'LogAppendTime set by a client' };
  }
  return validateTimestamps(header);
}

/** Both times are milliseconds since the epoch, or -1 for none. */
export function validateTimestamps({ baseTimestamp, maxTimestamp }: BatchHeader): BatchError | undefined {
  if (Number.isSafeInteger(baseTimestamp) && baseTimestamp >= -1) {
    if (Number.isSafeInteger(maxTimestamp) && maxTimestamp >= -1) return undefined;
  }
  return { error: ErrorCode.INVALID_TIMESTAMP, detail: `base timestamp ${baseTimestamp}, maximum ${maxTimestamp}` };
}

function invalid(detail: string): BatchError {
  return { error: ErrorCode.INVALID_RECORD, detail };
}
