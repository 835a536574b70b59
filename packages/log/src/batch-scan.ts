/**
 * Steps through the batches in a buffer that was read from a segment, looking only at the few bytes that say where the
 * next one begins. Everything is a number; nothing is allocated per batch.
 */

const headerBytes = 61;
const lengthOverhead = 12;
const currentMagic = 2;

export class BatchScan {
  readonly bytes: Buffer;
  /** Of the current batch in the buffer. */
  at = 0;
  baseOffset = -1;
  lastOffset = -1;
  sizeInBytes = 0;
  maxTimestamp = -1;

  constructor(bytes: Buffer, start = 0) {
    this.bytes = bytes;
    this.at = start;
  }

  /** Reads the header at the current place; false when it is not all there or no batch's. */
  look(): boolean {
    const { bytes, at } = this;
    if (at + headerBytes > bytes.length) return false;
    const length = bytes.readInt32BE(at + 8);
    const lastOffsetDelta = bytes.readInt32BE(at + 23);
    if (length < headerBytes - lengthOverhead || bytes[at + 16] !== currentMagic || lastOffsetDelta < 0) return false;
    this.baseOffset = bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
    this.lastOffset = this.baseOffset + lastOffsetDelta;
    this.maxTimestamp = bytes.readInt32BE(at + 35) * 0x1_0000_0000 + bytes.readUInt32BE(at + 39);
    this.sizeInBytes = length + lengthOverhead;
    return true;
  }

  /** Whether the current batch ends inside the buffer. */
  get isWhole(): boolean {
    return this.at + this.sizeInBytes <= this.bytes.length;
  }

  /** Whether a batch begins here that a reader of the offset may begin with. */
  mayPrecede(offset: number, segmentBaseOffset: number): boolean {
    return this.look() && this.baseOffset >= segmentBaseOffset && this.baseOffset <= offset;
  }

  skip(): void {
    this.at += this.sizeInBytes;
  }
}
