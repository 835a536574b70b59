import { spawnSync } from 'node:child_process';
import zlib from 'node:zlib';
import { Chunks, SeededRandom } from '@tidelog/core';
import { describe, expect, test } from 'vitest';
import { ErrorCode, ProtocolError } from '../errors.ts';
import { compress, compressAsync, decompress, decompressAsync } from './compression.ts';

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
const packing = ['gzip', 'snappy', 'lz4', 'zstd'] as const;
const mebibyte = 1 << 20;

function codeOf(run: () => unknown): number | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
}

/** Half noise, half repetition, longer than any block. */
function payload(length: number): Buffer {
  const random = new SeededRandom(length);
  const noise = random.bytes(Math.min(length, 5000));
  return Buffer.concat([noise, Buffer.from('the tide comes in, '.repeat(length / 19 + 1))]).subarray(0, length);
}

describe.each(codecs)('%s', (codec) => {
  test.each([0, 1, 100, 32_768, 65_536, 70_001, 400_000])('%i bytes come back, sync and async', async (length) => {
    const bytes = payload(length);
    const packed = compress(codec, bytes);
    expect(decompress(codec, packed, length).equals(bytes)).toBe(true);
    expect((await decompressAsync(codec, packed, length)).equals(bytes)).toBe(true);
    const packedAsync = await compressAsync(codec, Chunks.of(bytes.subarray(0, 1), bytes.subarray(1)));
    expect(decompress(codec, packedAsync, length).equals(bytes)).toBe(true);
  });
});

describe.each(packing)('hostile %s', (codec) => {
  test('a byte beyond the cap is refused', async () => {
    const packed = compress(codec, payload(400_000));
    expect(codeOf(() => decompress(codec, packed, 399_999))).toBe(ErrorCode.INVALID_RECORD);
    await expect(decompressAsync(codec, packed, 399_999)).rejects.toMatchObject({ code: ErrorCode.INVALID_RECORD });
  });

  test('cut off anywhere, or empty, it is corrupt', () => {
    const packed = compress(codec, payload(3000));
    for (let length = 0; length < packed.length; length += length < 40 ? 1 : 37) {
      const code = codeOf(() => decompress(codec, packed.subarray(0, length), mebibyte));
      // A framed snappy stream without blocks is the empty stream.
      if (codec === 'snappy' && length === 16) continue;
      expect(code).toBe(ErrorCode.CORRUPT_MESSAGE);
    }
  });

  test('mutations throw a protocol error or give at most the cap', () => {
    const random = new SeededRandom(4);
    const packed = compress(codec, payload(3000));
    for (let round = 0; round < 3000; round++) {
      const copy = Buffer.from(packed);
      for (let n = random.below(3); n >= 0; n--) copy[random.below(copy.length)] = random.below(256);
      const code = codeOf(() => expect(decompress(codec, copy, 5000).length).toBeLessThanOrEqual(5000));
      expect([undefined, ErrorCode.CORRUPT_MESSAGE, ErrorCode.INVALID_RECORD]).toContain(code);
    }
  });

  test('a bomb of 512 MiB takes no more memory than the cap and a little', () => {
    const bomb = bombs[codec]();
    expect(bomb.length).toBeLessThan(32 * mebibyte);
    const { code, growthMebibytes } = unpackAlone(codec, bomb);
    expect(code).toBe(ErrorCode.INVALID_RECORD);
    expect(growthMebibytes).toBeLessThan(64);
  });
});

/** The error, and what memory grew by, in a process of its own: other tests run beside this one in the same process. */
function unpackAlone(codec: string, bomb: Buffer): { readonly code?: number; readonly growthMebibytes: number } {
  const script = `
    import { readFileSync } from 'node:fs';
    import { compress, decompress } from ${JSON.stringify(new URL('./compression.ts', import.meta.url).href)};
    const bomb = readFileSync(0);
    decompress('${codec}', compress('${codec}', Buffer.alloc(100)), 100);
    const before = process.memoryUsage.rss();
    let code;
    try {
      decompress('${codec}', bomb, ${8 * mebibyte});
    } catch (error) {
      code = error.code;
    }
    const growthMebibytes = (process.memoryUsage.rss() - before) / 1024 / 1024;
    console.log(JSON.stringify({ code, growthMebibytes }));`;
  const args = ['--conditions=source', '--input-type=module', '-e', script];
  const { stdout, stderr } = spawnSync(process.execPath, args, { input: bomb, encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as ReturnType<typeof unpackAlone>;
}

const bombSize = 512 * mebibyte;

/** Small inputs that claim, or really are, 512 MiB. */
const bombs: Record<(typeof packing)[number], () => Buffer> = {
  gzip: () => {
    const member = zlib.gzipSync(Buffer.alloc(16 * mebibyte));
    return Buffer.concat(Array<Buffer>(bombSize / (16 * mebibyte)).fill(member));
  },
  zstd: () => {
    const frame = zlib.zstdCompressSync(Buffer.alloc(16 * mebibyte));
    return Buffer.concat(Array<Buffer>(bombSize / (16 * mebibyte)).fill(frame));
  },
  snappy: () => {
    const head = compress('snappy', Buffer.alloc(32_768)).subarray(0, 16);
    const block = compress('snappy', Buffer.alloc(32_768)).subarray(16);
    return Buffer.concat([head, ...Array<Buffer>(bombSize / 32_768).fill(block)]);
  },
  lz4: () => {
    const one = compress('lz4', Buffer.alloc(4 * mebibyte));
    const block = one.subarray(7, one.length - 4);
    return Buffer.concat([
      one.subarray(0, 7),
      ...Array<Buffer>(bombSize / (4 * mebibyte)).fill(block),
      Buffer.alloc(4),
    ]);
  },
};

describe('snappy', () => {
  test('a bare block, as some clients send it, is read', () => {
    const bare = compress('snappy', Buffer.from('hello hello hello hello')).subarray(20);
    expect(decompress('snappy', bare, 100).toString()).toBe('hello hello hello hello');
  });

  test('a claim that no block can keep is refused before it is allocated', () => {
    const liar = Buffer.from([0x80, 0x80, 0x80, 0x80, 0x04, 0x00, 0x61]);
    expect(codeOf(() => decompress('snappy', liar, 2 ** 32))).toBe(ErrorCode.CORRUPT_MESSAGE);
    expect(codeOf(() => decompress('snappy', liar, mebibyte))).toBe(ErrorCode.INVALID_RECORD);
  });

  test('a stream of very many tiny blocks is refused before they are read', async () => {
    const head = compress('snappy', Buffer.from('a')).subarray(0, 16);
    const tiny = Buffer.from([0, 0, 0, 3, 1, 0, 0x41]);
    const stream = (blocks: number): Buffer => Buffer.concat([head, ...Array<Buffer>(blocks).fill(tiny)]);
    expect(decompress('snappy', stream(16), mebibyte).length).toBe(16);
    expect(codeOf(() => decompress('snappy', stream(17), mebibyte))).toBe(ErrorCode.CORRUPT_MESSAGE);
    const refused = decompressAsync('snappy', stream(100_000), mebibyte);
    await expect(refused).rejects.toMatchObject({ code: ErrorCode.CORRUPT_MESSAGE });
  });

  test('block lengths of a framing that lies are corrupt', () => {
    const packed = compress('snappy', Buffer.from('hello'));
    for (const length of [-1, 0, 1000, 2 ** 31 - 1]) {
      const copy = Buffer.from(packed);
      copy.writeInt32BE(length, 16);
      expect(codeOf(() => decompress('snappy', copy, mebibyte))).toBe(ErrorCode.CORRUPT_MESSAGE);
    }
  });
});

describe('zstd', () => {
  test('a window beyond 128 MiB is refused', () => {
    const frame = Buffer.from('28b52ffd00a8010000', 'hex');
    expect(codeOf(() => decompress('zstd', frame, mebibyte))).toBe(ErrorCode.CORRUPT_MESSAGE);
  });

  test('a content size that lies allocates nothing', () => {
    const frame = Buffer.from('28b52ffde000000000040000000100000061', 'hex');
    expect(codeOf(() => decompress('zstd', frame, mebibyte))).toBeDefined();
  });

  test('a streamed frame without a content size is read', () => {
    const bytes = payload(200_000);
    const packed = zlib.zstdCompressSync(bytes, { params: { [zlib.constants.ZSTD_c_contentSizeFlag]: 0 } });
    expect(decompress('zstd', packed, bytes.length).equals(bytes)).toBe(true);
  });
});
