/** gzip (RFC 1952) through node:zlib. Several members in a row are one stream, as every reader has it. */
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { codecError } from './compression-errors.ts';

const codec = 'gzip';
const chunkSize = 64 * 1024;

export function gzip(bytes: Buffer, level?: number): Buffer {
  return zlib.gzipSync(bytes, level === undefined ? { chunkSize } : { chunkSize, level });
}

export async function gzipAsync(bytes: Buffer, level?: number): Promise<Buffer> {
  const options = level === undefined ? { chunkSize } : { chunkSize, level };
  return promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gzip)(bytes, options);
}

export function gunzip(bytes: Buffer, maxOutputLength: number): Buffer {
  try {
    return zlib.gunzipSync(bytes, { chunkSize, maxOutputLength: Math.max(1, maxOutputLength) });
  } catch (error) {
    throw codecError(codec, error, maxOutputLength);
  }
}

export async function gunzipAsync(bytes: Buffer, maxOutputLength: number): Promise<Buffer> {
  try {
    return await promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip)(bytes, {
      chunkSize,
      maxOutputLength: Math.max(1, maxOutputLength),
    });
  } catch (error) {
    throw codecError(codec, error, maxOutputLength);
  }
}
