/**
 * Steps over the records of a batch and shows the current one as numbers: nothing is allocated per record. Unlike the
 * walk of validate-records.ts it reads batches that a log gave back, where compaction has left gaps between offsets. It
 * still believes no length: whatever does not fit throws INVALID_RECORD.
 *
 *   record  length | attributes | timestampDelta | offsetDelta | keyLength key | valueLength value | count headers
 *           varint   int8         varlong          varint        varint, -1 = null for both          varint
 */
import { ErrorCode, ProtocolError } from '../errors.ts';
import type { BatchHeader } from './batch-header.ts';
import { malformedVarint, readVarint, readVarlong, type VarintCursor } from './varint.ts';

export class RecordCursor {
  /** The decompressed records. */
  readonly bytes: Buffer;
  offset = -1;
  timestamp = -1;
  /** Where the record begins, its length included, and where it ends. */
  start = 0;
  end = 0;
  keyAt = 0;
  /** -1 for null. */
  keyLength = -1;
  valueAt = 0;
  valueLength = -1;
  headerCount = 0;
  headersAt = 0;
  readonly #position: VarintCursor = { at: 0 };
  readonly #header: BatchHeader;
  readonly #appendTime: boolean;
  #left: number;

  constructor(bytes: Buffer, header: BatchHeader) {
    this.bytes = bytes;
    this.#header = header;
    this.#appendTime = header.timestampType === 'LogAppendTime';
    this.#left = header.recordCount;
  }

  /** Steps to the next record; false behind the last one, where the bytes must end too. */
  next(): boolean {
    const { bytes } = this;
    if (this.#left <= 0) {
      if (this.end !== bytes.length) throw invalid(`${bytes.length - this.end} bytes follow the last record`);
      return false;
    }
    this.#left--;
    this.start = this.end;
    this.#position.at = this.start;
    const length = this.#varint(bytes.length);
    const end = this.#position.at + length;
    if (length < 0 || end > bytes.length) throw invalid(`a record of ${length} bytes at ${this.start}`);
    this.end = end;
    this.#position.at++;
    this.#times(end);
    this.keyLength = this.#length(end);
    this.keyAt = this.#skip(this.keyLength, end);
    this.valueLength = this.#length(end);
    this.valueAt = this.#skip(this.valueLength, end);
    this.headerCount = this.#varint(end);
    this.headersAt = this.#position.at;
    if (this.headerCount === 0 ? this.headersAt !== end : this.headerCount < 0) throw invalid('wrong header count');
    return true;
  }

  /** The current key, sharing memory. */
  key(): Buffer | null {
    return this.keyLength < 0 ? null : this.bytes.subarray(this.keyAt, this.keyAt + this.keyLength);
  }

  /** The current value, sharing memory. */
  value(): Buffer | null {
    return this.valueLength < 0 ? null : this.bytes.subarray(this.valueAt, this.valueAt + this.valueLength);
  }

  #times(end: number): void {
    const { bytes } = this;
    const at = this.#position.at;
    const group = at < end ? (bytes[at] as number) : 0x80;
    let delta: number;
    if (group < 0x80) {
      this.#position.at = at + 1;
      delta = (group >>> 1) ^ -(group & 1);
    } else {
      delta = readVarlong(bytes, this.#position, end);
      if (delta === malformedVarint) throw invalid('the timestamp delta is not a varlong');
    }
    this.timestamp = this.#appendTime ? this.#header.maxTimestamp : this.#header.baseTimestamp + delta;
    this.offset = this.#header.baseOffset + this.#varint(end);
  }

  #varint(end: number): number {
    const at = this.#position.at;
    if (at < end) {
      const group = this.bytes[at] as number;
      if (group < 0x80) {
        this.#position.at = at + 1;
        return (group >>> 1) ^ -(group & 1);
      }
    }
    const value = readVarint(this.bytes, this.#position, end);
    if (value === malformedVarint) throw invalid('not a varint');
    return value;
  }

  #length(end: number): number {
    const length = this.#varint(end);
    if (length < -1) throw invalid(`a length of ${length}`);
    return length;
  }

  #skip(length: number, end: number): number {
    const at = this.#position.at;
    if (length > 0) this.#position.at = at + length;
    if (this.#position.at > end) throw invalid('a field leaves its record');
    return at;
  }
}

function invalid(detail: string): ProtocolError {
  return new ProtocolError(ErrorCode.INVALID_RECORD, detail);
}
