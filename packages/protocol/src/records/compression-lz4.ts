/**
 * LZ4 frames (format 1.6). The library cannot bound its output, so a frame is measured first: block by block from the
 * frame's own lengths, and, only where these leave room for more than the cap, token by token. Nothing is allocated
 * until the size is known to be below the cap. The library then checks headers, blocks and checksums.
 *
 *   magic | FLG BD [content size u64] [dictionary id u32] HC | { size u32 | block | [checksum] }* | 0 u32 | [checksum]
 *   block  { token: literals 4 bits, match 4 bits | [more literals] | literals | offset u16 | [more match] }*
 */
import type * as lz4 from 'lz4-napi';
import { codecError, corrupt, lazily, tooLarge } from './compression-errors.ts';

const codec = 'lz4';
const frameMagic = 0x184d2204;
const uncompressedBit = 0x8000_0000;
const flags = { blockChecksum: 0x10, contentSize: 0x08, contentChecksum: 0x04, dictionaryId: 0x01 } as const;

const native = lazily((require) => require('lz4-napi') as typeof lz4);

export function lz4Compress(bytes: Buffer): Buffer {
  return native().compressFrameSync(bytes);
}

export async function lz4CompressAsync(bytes: Buffer): Promise<Buffer> {
  return native().compressFrame(bytes);
}

export function lz4Decompress(bytes: Buffer, maxOutputLength: number): Buffer {
  measure(bytes, maxOutputLength);
  try {
    return native().decompressFrameSync(bytes);
  } catch (error) {
    throw codecError(codec, error, maxOutputLength);
  }
}

export async function lz4DecompressAsync(bytes: Buffer, maxOutputLength: number): Promise<Buffer> {
  measure(bytes, maxOutputLength);
  try {
    return await native().decompressFrame(bytes);
  } catch (error) {
    throw codecError(codec, error, maxOutputLength);
  }
}

interface Block {
  readonly start: number;
  readonly end: number;
  readonly isCompressed: boolean;
}

/** Throws unless the bytes are one frame that becomes at most `maxOutputLength` bytes. */
function measure(bytes: Buffer, maxOutputLength: number): void {
  if (bytes.length < 7 || bytes.readUInt32LE(0) !== frameMagic) throw corrupt(codec, 'not a frame');
  const flag = bytes[4] as number;
  const sizeCode = ((bytes[5] as number) >> 4) & 7;
  if (flag >> 6 !== 1) throw corrupt(codec, `frame version ${flag >> 6}`);
  if ((flag & flags.dictionaryId) !== 0) throw corrupt(codec, 'a frame with a dictionary');
  if (sizeCode < 4) throw corrupt(codec, `block size code ${sizeCode}`);
  const maxBlock = 1 << (8 + 2 * sizeCode);
  const blocks = blocksOf(bytes, flag, maxBlock);
  let atMost = 0;
  for (const { start, end, isCompressed } of blocks) atMost += isCompressed ? maxBlock : end - start;
  if (atMost <= maxOutputLength) return;
  let exactly = 0;
  for (const block of blocks) {
    exactly += block.isCompressed ? outputOf(bytes, block) : block.end - block.start;
    if (exactly > maxOutputLength) throw tooLarge(codec, maxOutputLength);
  }
}

function blocksOf(bytes: Buffer, flag: number, maxBlock: number): Block[] {
  const blocks: Block[] = [];
  const checksum = (flag & flags.blockChecksum) === 0 ? 0 : 4;
  let at = (flag & flags.contentSize) === 0 ? 7 : 15;
  for (;;) {
    if (at + 4 > bytes.length) throw corrupt(codec, 'cut off before the end mark');
    const word = bytes.readUInt32LE(at);
    at += 4;
    if (word === 0) break;
    const size = word & ~uncompressedBit;
    if (size > maxBlock || at + size + checksum > bytes.length) throw corrupt(codec, `a block of ${size} bytes`);
    blocks.push({ start: at, end: at + size, isCompressed: word < uncompressedBit });
    at += size + checksum;
  }
  if ((flag & flags.contentChecksum) !== 0) at += 4;
  if (at !== bytes.length) throw corrupt(codec, 'the frame does not end with the records');
  return blocks;
}

/** How long a compressed block becomes, by its tokens. */
function outputOf(bytes: Buffer, { start, end }: Block): number {
  let length = 0;
  let at = start;
  const more = (nibble: number): number => {
    let total = nibble;
    for (let byte = nibble === 15 ? 255 : 0; byte === 255;) {
      if (at >= end) throw corrupt(codec, 'a block that is cut off');
      byte = bytes[at++] as number;
      total += byte;
    }
    return total;
  };
  while (at < end) {
    const token = bytes[at++] as number;
    const literals = more(token >> 4);
    at += literals;
    length += literals;
    if (at > end) throw corrupt(codec, 'literals that leave their block');
    if (at === end) break;
    at += 2;
    length += more(token & 15) + 4;
  }
  return length;
}
