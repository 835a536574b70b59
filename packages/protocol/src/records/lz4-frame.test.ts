import { readFileSync } from 'node:fs';
import zlib from 'node:zlib';
import { expect, test } from 'vitest';
import { ErrorCode } from '../errors.ts';
import { readLz4Frame } from './lz4-frame.ts';
import { xxhash32 } from './xxhash32.ts';

const names = ['linked-content-size', 'block-checksum', 'linked-no-checksum', 'independent'] as const;
const corruption = expect.objectContaining({ code: ErrorCode.CORRUPT_MESSAGE });

function golden(name: (typeof names)[number]): Buffer {
  return readFileSync(new URL(`testdata/lz4-${name}.bin`, import.meta.url));
}

/** A frame of independent 64 KiB blocks without checksums. */
function frameOf(...blocks: (readonly number[])[]): Buffer {
  const header = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]);
  const parts = blocks.flatMap((block) => [Buffer.from(Uint32Array.of(block.length).buffer), Buffer.from(block)]);
  return Buffer.concat([header, ...parts, Buffer.alloc(4)]);
}

test.each(names)('a frame of the lz4 command is read: %s', (name) => {
  const content = readLz4Frame(golden(name), 150_000);
  expect(content.length).toBe(150_000);
  expect(zlib.crc32(content)).toBe(4007339695);
  expect(() => readLz4Frame(golden(name), 149_999)).toThrow(
    expect.objectContaining({ code: ErrorCode.INVALID_RECORD }),
  );
});

test('a bit that flips under a checksum is found', () => {
  for (const name of ['linked-content-size', 'block-checksum', 'independent'] as const) {
    const good = golden(name);
    for (let at = 4; at < good.length; at += 1 + Math.floor(good.length / 60)) {
      const copy = Buffer.from(good);
      copy[at] = (copy[at] as number) ^ 0x10;
      expect(() => readLz4Frame(copy, 1 << 20)).toThrow(corruption);
    }
  }
});

test('the smallest blocks', () => {
  expect(readLz4Frame(frameOf(), 0).toString()).toBe('');
  expect(readLz4Frame(frameOf([0x10, 0x61]), 1).toString()).toBe('a');
  expect(readLz4Frame(frameOf([0x12, 0x61, 1, 0, 0x10, 0x62]), 8).toString()).toBe('aaaaaaab');
});

test.each([
  ['a match before the first byte', [0x10, 0x61, 2, 0, 0x10, 0x61]],
  ['a match of distance 0', [0x10, 0x61, 0, 0, 0x10, 0x61]],
  ['literals that leave the block', [0x20, 0x61]],
  ['a length without an end', [0xf0, 255, 255]],
  ['a match length without an end', [0x1f, 0x61, 1, 0, 255, 255]],
  ['a block that ends with a match', [0x10, 0x61, 1, 0]],
  ['a block that becomes more than its frame allows', [0x1f, 0x61, 1, 0, ...Array<number>(300).fill(255), 0, 0x00]],
])('%s is corrupt', (_name, block) => {
  expect(() => readLz4Frame(frameOf(block), 1 << 20)).toThrow(corruption);
});

test('an independent block reaches for no byte before it', () => {
  expect(() => readLz4Frame(frameOf([0x10, 0x61], [0x00, 1, 0, 0x10, 0x61]), 1 << 20)).toThrow(corruption);
});

test('xxHash32 gives the values of its specification', () => {
  expect(xxhash32(Buffer.alloc(0))).toBe(0x02cc5d05);
  expect(xxhash32(Buffer.from('abc'))).toBe(0x32d153ff);
  expect(xxhash32(Buffer.from('Nobody inspects the spammish repetition'))).toBe(0xe2293b2f);
});
