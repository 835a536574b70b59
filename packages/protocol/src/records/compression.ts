/**
 * Compression of record batches by codec, sync and async, with a cap on every output: no length that a peer claims is
 * allocated before it is known to be below the cap. Bytes that are not of their format throw CORRUPT_MESSAGE, bytes
 * that grow beyond the cap INVALID_RECORD. Native libraries are loaded when they are first used.
 */
import type { Chunks } from '@tidelog/core';
import { unreachable } from '@tidelog/core';
import type { Codec } from './codec.ts';
import { gunzip, gunzipAsync, gzip, gzipAsync } from './compression-gzip.ts';
import { lz4Compress, lz4CompressAsync, lz4Decompress, lz4DecompressAsync } from './compression-lz4.ts';
import { snappyCompress, snappyCompressAsync, snappyDecompress, snappyDecompressAsync } from './compression-snappy.ts';
import { zstdCompress, zstdCompressAsync, zstdDecompress, zstdDecompressAsync } from './compression-zstd.ts';

/** Compresses on this thread. `level` is the codec's own (compression.gzip.level, compression.zstd.level). */
export function compress(codec: Codec, input: Buffer | Chunks, level?: number): Buffer {
  const bytes = joined(input);
  switch (codec) {
    case 'none':
      return bytes;
    case 'gzip':
      return gzip(bytes, level);
    case 'snappy':
      return snappyCompress(bytes);
    case 'lz4':
      return lz4Compress(bytes);
    case 'zstd':
      return zstdCompress(bytes, level);
    default:
      return unreachable(codec);
  }
}

/** Compresses on the thread pool. */
export async function compressAsync(codec: Codec, input: Buffer | Chunks, level?: number): Promise<Buffer> {
  const bytes = joined(input);
  switch (codec) {
    case 'none':
      return bytes;
    case 'gzip':
      return gzipAsync(bytes, level);
    case 'snappy':
      return snappyCompressAsync(bytes);
    case 'lz4':
      return lz4CompressAsync(bytes);
    case 'zstd':
      return zstdCompressAsync(bytes, level);
    default:
      return unreachable(codec);
  }
}

/** Decompresses on this thread, at most to `maxOutputLength` bytes. Throws ProtocolError. */
export function decompress(codec: Codec, input: Buffer | Chunks, maxOutputLength: number): Buffer {
  const bytes = joined(input);
  switch (codec) {
    case 'none':
      return bytes;
    case 'gzip':
      return gunzip(bytes, maxOutputLength);
    case 'snappy':
      return snappyDecompress(bytes, maxOutputLength);
    case 'lz4':
      return lz4Decompress(bytes, maxOutputLength);
    case 'zstd':
      return zstdDecompress(bytes, maxOutputLength);
    default:
      return unreachable(codec);
  }
}

/** Decompresses on the thread pool, at most to `maxOutputLength` bytes. Rejects with ProtocolError. */
export async function decompressAsync(codec: Codec, input: Buffer | Chunks, maxOutputLength: number): Promise<Buffer> {
  const bytes = joined(input);
  switch (codec) {
    case 'none':
      return bytes;
    case 'gzip':
      return gunzipAsync(bytes, maxOutputLength);
    case 'snappy':
      return snappyDecompressAsync(bytes, maxOutputLength);
    case 'lz4':
      return lz4DecompressAsync(bytes, maxOutputLength);
    case 'zstd':
      return zstdDecompressAsync(bytes, maxOutputLength);
    default:
      return unreachable(codec);
  }
}

function joined(input: Buffer | Chunks): Buffer {
  return Buffer.isBuffer(input) ? input : input.toBuffer();
}
