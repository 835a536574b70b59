/**
 * A keyed hash of 128 bits over the bytes of a record's key: the state of HalfSipHash-2-4, which works on 32-bit words
 * as JavaScript does, started from a key of 128 bits and given out whole.
 *
 * The map of the cleaner holds this instead of the key and takes equal hashes for equal keys, as Kafka does with MD5.
 * Two of n different keys meet by chance with n^2 / 2^129: 10^-26 for the six million keys that the default memory
 * holds. Nobody can aim at it either: the hash key is drawn anew for every cleaning and never leaves the process.
 */
export class KeyHash {
  /** The four words of the last hash. */
  readonly words: Int32Array = new Int32Array(4);
  readonly #key: Int32Array;

  /** Sixteen random bytes. */
  constructor(key: Buffer) {
    this.#key = Int32Array.of(key.readInt32LE(0), key.readInt32LE(4), key.readInt32LE(8), key.readInt32LE(12));
  }

  /** Leaves the hash of bytes[start, end) in `words`. */
  hash(bytes: Buffer, start: number, end: number): void {
    const { words } = this;
    words.set(this.#key);
    words[2] = (words[2] as number) ^ 0x6c79_6765;
    words[3] = (words[3] as number) ^ 0x7465_6462;
    const length = end - start;
    let at = start;
    for (const last = end - 3; at < last; at += 4) {
      const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
      compress(words, low | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24));
    }
    let rest = length << 24;
    for (let shift = 0; at < end; shift += 8) rest |= (bytes[at++] as number) << shift;
    compress(words, rest);
    words[2] = words[2] ^ 0xff;
    twoRounds(words);
    twoRounds(words);
  }
}

function compress(words: Int32Array, word: number): void {
  words[3] = (words[3] as number) ^ word;
  twoRounds(words);
  words[0] = (words[0] as number) ^ word;
}

function twoRounds(words: Int32Array): void {
  let a = words[0] as number;
  let b = words[1] as number;
  let c = words[2] as number;
  let d = words[3] as number;
  for (let round = 0; round < 2; round++) {
    a = (a + b) | 0;
    b = ((b << 5) | (b >>> 27)) ^ a;
    a = (a << 16) | (a >>> 16);
    c = (c + d) | 0;
    d = ((d << 8) | (d >>> 24)) ^ c;
    a = (a + d) | 0;
    d = ((d << 7) | (d >>> 25)) ^ a;
    c = (c + b) | 0;
    b = ((b << 13) | (b >>> 19)) ^ c;
    c = (c << 16) | (c >>> 16);
  }
  words[0] = a;
  words[1] = b;
  words[2] = c;
  words[3] = d;
}
