/**
 * zstd (RFC 8878). node:zlib decompresses, because it bounds its output; @mongodb-js/zstd compresses off the loop and
 * node:zlib on it. A window is at most 128 MiB, which is what a client at level 22 declares; the memory of a window is
 * touched only as far as it is filled, so the cap on the output bounds that too.
 */
import type * as zstd from '@mongodb-js/zstd';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { codecError, lazily } from './compression-errors.ts';

const codec = 'zstd';
const chunkSize = 64 * 1024;
const maxWindowLog = 27;
/** What Kafka's compression.zstd.level is when nobody sets it. */
const defaultLevel = 3;

const native = lazily((require) => require('@mongodb-js/zstd') as typeof zstd);

export function zstdCompress(bytes: Buffer, level: number = defaultLevel): Buffer {
  return zlib.zstdCompressSync(bytes, { chunkSize, params: { [zlib.constants.ZSTD_c_compressionLevel]: level } });
}

export async function zstdCompressAsync(bytes: Buffer, level: number = defaultLevel): Promise<Buffer> {
  return native().compress(bytes, level);
}

export function zstdDecompress(bytes: Buffer, maxOutputLength: number): Buffer {
  try {
    return zlib.zstdDecompressSync(bytes, decompressOptions(maxOutputLength));
  } catch (error) {
    throw codecError(codec, error, maxOutputLength);
  }
}

export async function zstdDecompressAsync(bytes: Buffer, maxOutputLength: number): Promise<Buffer> {
  try {
    const decompress = promisify<Buffer, zlib.ZstdOptions, Buffer>(zlib.zstdDecompress);
    return await decompress(bytes, decompressOptions(maxOutputLength));
  } catch (error) {
    throw codecError(codec, error, maxOutputLength);
  }
}

function decompressOptions(maxOutputLength: number): zlib.ZstdOptions {
  const params = { [zlib.constants.ZSTD_d_windowLogMax]: maxWindowLog };
  return { chunkSize, maxOutputLength: Math.max(1, maxOutputLength), params };
}
