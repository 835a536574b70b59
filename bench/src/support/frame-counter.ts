/** Counts the frames in a stream of bytes without keeping them; the beginning of each may be looked at. */
export class FrameCounter {
  readonly #length = Buffer.alloc(4);
  #lengthBytes = 0;
  #left = 0;

  /** How many frames ended in this chunk. */
  push(chunk: Buffer): number {
    let ended = 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.#left === 0) {
        at += this.#takeLength(chunk, at);
        if (this.#left === 0) continue;
      }
      const take = Math.min(this.#left, chunk.length - at);
      at += take;
      this.#left -= take;
      if (this.#left === 0) ended++;
    }
    return ended;
  }

  #takeLength(chunk: Buffer, at: number): number {
    const take = Math.min(4 - this.#lengthBytes, chunk.length - at);
    chunk.copy(this.#length, this.#lengthBytes, at, at + take);
    this.#lengthBytes += take;
    if (this.#lengthBytes === 4) {
      this.#left = this.#length.readInt32BE(0);
      this.#lengthBytes = 0;
    }
    return take;
  }
}
