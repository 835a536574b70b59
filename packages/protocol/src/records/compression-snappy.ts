/**
 * Snappy: written in the block framing of snappy-java (Xerial), read in it and bare, since some clients send one bare
 * block.
 *
 *   82 'SNAPPY' 00 | version i32 = 1 | compatible i32 = 1 | { length i32 | block }*
 *
 * A block says first how long it becomes. No element gives more than 64 bytes for 3, so a claim beyond 22 times the
 * block is a lie, and is refused before anything is allocated. No client makes blocks of less than a kibibyte but the
 * last of a flush, and each costs a call, so a stream of many tiny ones is refused too.
 */
import type * as snappy from 'snappy';
import { codecError, corrupt, lazily, tooLarge } from './compression-errors.ts';

const codec = 'snappy';
const magic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const fileHeader = Buffer.concat([magic, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])]);
const blockSize = 32 * 1024;
const maxGrowth = 22;
const bytesPerBlockMin = 1024;
const tinyBlocksMax = 16;

const native = lazily((require) => require('snappy') as typeof snappy);

export function snappyCompress(bytes: Buffer): Buffer {
  const out: Buffer[] = [fileHeader];
  for (let at = 0; at < bytes.length; at += blockSize) {
    const block = native().compressSync(bytes.subarray(at, at + blockSize), { copyOutputData: true });
    out.push(lengthPrefix(block), block);
  }
  return Buffer.concat(out);
}

export async function snappyCompressAsync(bytes: Buffer): Promise<Buffer> {
  const pending: Promise<Buffer>[] = [];
  for (let at = 0; at < bytes.length; at += blockSize) {
    pending.push(native().compress(bytes.subarray(at, at + blockSize), { copyOutputData: true }));
  }
  const blocks = await Promise.all(pending);
  return Buffer.concat([fileHeader, ...blocks.flatMap((block) => [lengthPrefix(block), block])]);
}

export function snappyDecompress(bytes: Buffer, maxOutputLength: number): Buffer {
  const blocks = blocksOf(bytes, maxOutputLength);
  try {
    const out = blocks.map((block) => native().uncompressSync(block, { asBuffer: true, copyOutputData: true }));
    return joinBlocks(out);
  } catch (error) {
    throw codecError(codec, error, maxOutputLength);
  }
}

export async function snappyDecompressAsync(bytes: Buffer, maxOutputLength: number): Promise<Buffer> {
  const blocks = blocksOf(bytes, maxOutputLength);
  try {
    const options = { asBuffer: true, copyOutputData: true };
    return joinBlocks(await Promise.all(blocks.map(async (block) => native().uncompress(block, options))));
  } catch (error) {
    throw codecError(codec, error, maxOutputLength);
  }
}

/** The bare blocks of a stream in either form, once their claims are known to be possible and below the cap. */
function blocksOf(bytes: Buffer, maxOutputLength: number): Buffer[] {
  const blocks = bytes.subarray(0, magic.length).equals(magic) ? framedBlocks(bytes) : [bytes];
  let total = 0;
  for (const block of blocks) {
    const claimed = claimedLength(block);
    total += claimed;
    if (total > maxOutputLength) throw tooLarge(codec, maxOutputLength);
    if (claimed > block.length * maxGrowth) throw corrupt(codec, `${block.length} bytes that claim to be ${claimed}`);
  }
  if (blocks.length > total / bytesPerBlockMin + tinyBlocksMax) {
    throw corrupt(codec, `${blocks.length} blocks for ${total} bytes`);
  }
  return blocks;
}

function framedBlocks(bytes: Buffer): Buffer[] {
  if (bytes.length < fileHeader.length) throw corrupt(codec, 'cut off in the header');
  const blocks: Buffer[] = [];
  for (let at = fileHeader.length; at < bytes.length;) {
    if (at + 4 > bytes.length) throw corrupt(codec, 'cut off in a length');
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length <= 0 || at + length > bytes.length) throw corrupt(codec, `a block of ${length} bytes`);
    blocks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return blocks;
}

/** The unsigned varint that a block begins with. */
function claimedLength(block: Buffer): number {
  let length = 0;
  for (let i = 0; i < 5; i++) {
    const group = block[i];
    if (group === undefined || (i === 4 && group > 0x0f)) break;
    length += (group & 0x7f) * 0x80 ** i;
    if (group < 0x80) return length;
  }
  throw corrupt(codec, 'a block without a length');
}

function joinBlocks(blocks: readonly (string | Buffer)[]): Buffer {
  const first = blocks[0];
  if (blocks.length === 1 && Buffer.isBuffer(first)) return first;
  return Buffer.concat(blocks as readonly Buffer[]);
}

function lengthPrefix(block: Buffer): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeInt32BE(block.length);
  return prefix;
}
