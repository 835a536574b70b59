/**
 * Walks once through the pieces of a `Chunks`, so that cutting n batches or records out of p pieces costs n + p and not
 * n times p: what a peer sends one byte per packet must not become quadratic work.
 */
import { assert, Chunks } from '@tidelog/core';

const nothing = Buffer.alloc(0);

export class PieceCursor {
  readonly #pieces: readonly Buffer[];
  #index = 0;
  #at = 0;
  #left: number;

  constructor(chunks: Chunks, start: number) {
    this.#pieces = chunks.pieces;
    this.#left = chunks.byteLength;
    this.skip(start);
  }

  /** Bytes between here and the end. */
  get left(): number {
    return this.#left;
  }

  /** The piece that the cursor stands in; empty at the end. */
  get piece(): Buffer {
    return this.#pieces[this.#index] ?? nothing;
  }

  /** The place in that piece. */
  get at(): number {
    return this.#at;
  }

  skip(length: number): void {
    assert(length >= 0 && length <= this.#left, () => `${length} bytes of ${this.#left}`);
    this.#left -= length;
    let at = this.#at + length;
    while (this.#index < this.#pieces.length && at >= this.piece.length) {
      at -= this.piece.length;
      this.#index++;
    }
    this.#at = at;
  }

  /** The next `length` bytes, sharing memory. */
  take(length: number): Chunks {
    const out: Buffer[] = [];
    for (let wanted = length; wanted > 0;) {
      const { piece } = this;
      const end = Math.min(piece.length, this.#at + wanted);
      out.push(this.#at === 0 && end === piece.length ? piece : piece.subarray(this.#at, end));
      wanted -= end - this.#at;
      this.skip(end - this.#at);
    }
    return Chunks.from(out);
  }

  /** The next `length` bytes, or all that are left, as one buffer; the cursor stays. */
  peek(length: number): Buffer {
    const { piece } = this;
    if (this.#at + length <= piece.length) return piece.subarray(this.#at, this.#at + length);
    const out: Buffer[] = [];
    let at = this.#at;
    let wanted = Math.min(length, this.#left);
    for (let index = this.#index; wanted > 0; index++) {
      const part = (this.#pieces[index] as Buffer).subarray(at, at + wanted);
      out.push(part);
      wanted -= part.length;
      at = 0;
    }
    return Buffer.concat(out);
  }
}
