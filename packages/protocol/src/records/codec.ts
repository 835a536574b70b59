/**
 * The codecs of a record batch, by the number in bits 0-2 of its attributes. The numbers 5 to 7 are nobody's: a header
 * that carries one is answered with UNSUPPORTED_COMPRESSION_TYPE, and its codec reads as `unknown`.
 */
export type Codec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

const codecs: readonly (Codec | 'unknown')[] = [
  'none',
  'gzip',
  'snappy',
  'lz4',
  'zstd',
  'unknown',
  'unknown',
  'unknown',
];

const codecIds: Readonly<Record<Codec, number>> = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 };

/** The codec whose number stands in the low three bits. */
export function codecOf(attributes: number): Codec | 'unknown' {
  return codecs[attributes & 7] ?? 'unknown';
}

export function codecId(codec: Codec): number {
  return codecIds[codec];
}
