/**
 * LZ4: frames written by lz4-napi and read by lz4-frame.ts, on this thread in either variant, because the library that
 * could read off it does not bound its output. The codec has no level here.
 */
import type * as lz4 from 'lz4-napi';
import { lazily } from './compression-errors.ts';
import { readLz4Frame } from './lz4-frame.ts';

const native = lazily((require) => require('lz4-napi') as typeof lz4);

export function lz4Compress(bytes: Buffer): Buffer {
  return native().compressFrameSync(bytes);
}

export async function lz4CompressAsync(bytes: Buffer): Promise<Buffer> {
  return native().compressFrame(bytes);
}

export function lz4Decompress(bytes: Buffer, maxOutputLength: number): Buffer {
  return readLz4Frame(bytes, maxOutputLength);
}

export async function lz4DecompressAsync(bytes: Buffer, maxOutputLength: number): Promise<Buffer> {
  return readLz4Frame(bytes, maxOutputLength);
}
