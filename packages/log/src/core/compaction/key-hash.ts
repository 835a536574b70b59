/**
 * A keyed hash of 128 bits over the bytes of a record's key: the state of HalfSipHash-1-3, which works on 32-bit words
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
    const key = this.#key;
    let a = key[0] as number;
    let b = key[1] as number;
    let c = (key[2] as number) ^ 0x6c79_6765;
    let d = (key[3] as number) ^ 0x7465_6462;
    const whole = (end - start) >> 2;
    // One round for every word, the last of which holds what is left and the length; then three without a word.
    for (let step = 0, at = start; step < whole + 4; step++) {
      let word = 0;
      if (step < whole) {
        word = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
        word |= ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
        at += 4;
      } else if (step === whole) {
        word = (end - start) << 24;
        for (let shift = 0; at < end; shift += 8) word |= (bytes[at++] as number) << shift;
      } else if (step === whole + 1) {
        c ^= 0xff;
      }
      d ^= word;
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
      a ^= word;
    }
    const { words } = this;
    words[0] = a;
    words[1] = b;
    words[2] = c;
    words[3] = d;
  }
}
