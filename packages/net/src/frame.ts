/**
 * Cuts frames out of the chunks a socket delivers, sharing their memory. Nothing is allocated from a claimed length: a
 * partial frame is the chunks that have come. Only dribbles are copied (chunks under 2 KiB of an unfinished frame grow
 * together), so that a sender of single bytes cannot turn each of them into an object of its own.
 *
 *   chunks   [..len|body......][...body|len|bo][dy.....]
 *   frames        └────── frame ───┘        └── frame ┘
 */
import { Chunks } from '@tidelog/core';

const growTogetherBytes = 2048;
const lengthBytes = 4;

export type FrameFault = 'tls' | 'http' | 'ssh' | 'negative' | 'tooShort' | 'tooLong';

/** The length before a frame is one that no frame may have; the stream cannot be read any further. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
  readonly fault: FrameFault;
  readonly length: number;

  constructor(fault: FrameFault, length: number, message: string) {
    super(message);
    this.fault = fault;
    this.length = length;
  }
}

export interface FrameLimits {
  readonly minBytes: number;
  readonly maxBytes: number;
}

export class FrameReader {
  readonly #limits: FrameLimits;
  /** Chunks not yet looked at; the first is read from `#at` on. */
  #chunks: Buffer[] = [];
  #at = 0;
  #lengthSoFar = 0;
  #lengthBytesSoFar = 0;
  /** Bytes of the current frame's body that are still to come; -1 while its length is not complete. */
  #missing = -1;
  #body: Buffer[] = [];
  #bodyBytes = 0;

  constructor(limits: FrameLimits) {
    this.#limits = limits;
  }

  /** Bytes of a frame that has begun and not ended. */
  get partialBytes(): number {
    return this.#lengthBytesSoFar + this.#bodyBytes;
  }

  push(chunk: Buffer): void {
    if (chunk.length > 0) this.#chunks.push(chunk);
  }

  /** The next whole frame without its length; undefined until more chunks come. Throws FrameError. */
  next(): Chunks | undefined {
    for (;;) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) return undefined;
      if (this.#missing < 0 && !this.#readLength(chunk)) continue;
      const frame = this.#readBody(chunk);
      if (frame !== undefined) return frame;
    }
  }

  /** True when the length is complete and the chunk has more. */
  #readLength(chunk: Buffer): boolean {
    const at = this.#at;
    if (this.#lengthBytesSoFar === 0 && chunk.length - at >= lengthBytes) {
      this.#lengthSoFar = chunk.readInt32BE(at);
      this.#lengthBytesSoFar = lengthBytes;
      this.#advance(chunk, lengthBytes);
    } else {
      this.#lengthSoFar = (this.#lengthSoFar << 8) | (chunk[at] as number);
      this.#lengthBytesSoFar++;
      this.#advance(chunk, 1);
      if (this.#lengthBytesSoFar < lengthBytes) return false;
    }
    checkLength(this.#lengthSoFar, this.#limits);
    this.#missing = this.#lengthSoFar;
    return this.#chunks[0] === chunk;
  }

  #readBody(chunk: Buffer): Chunks | undefined {
    const at = this.#at;
    const take = Math.min(this.#missing, chunk.length - at);
    const piece = take === chunk.length ? chunk : chunk.subarray(at, at + take);
    this.#advance(chunk, take);
    this.#missing -= take;
    if (this.#missing === 0 && this.#bodyBytes === 0) {
      this.#beginFrame();
      return Chunks.of(piece);
    }
    this.#keep(piece);
    if (this.#missing > 0) return undefined;
    const frame = Chunks.from(this.#body);
    this.#beginFrame();
    return frame;
  }

  #beginFrame(): void {
    this.#missing = -1;
    this.#lengthSoFar = 0;
    this.#lengthBytesSoFar = 0;
    if (this.#bodyBytes > 0) this.#body = [];
    this.#bodyBytes = 0;
  }

  #keep(piece: Buffer): void {
    const body = this.#body;
    const last = body.at(-1);
    this.#bodyBytes += piece.length;
    if (last !== undefined && last.length < growTogetherBytes && piece.length < growTogetherBytes) {
      body[body.length - 1] = Buffer.concat([last, piece]);
    } else {
      body.push(piece);
    }
  }

  #advance(chunk: Buffer, bytes: number): void {
    this.#at += bytes;
    if (this.#at < chunk.length) return;
    this.#chunks.shift();
    this.#at = 0;
  }
}

function checkLength(length: number, { minBytes, maxBytes }: FrameLimits): void {
  if (length >= minBytes && length <= maxBytes) return;
  const fault = faultOf(length, minBytes);
  throw new FrameError(fault, length, explanations[fault](length, { minBytes, maxBytes }));
}

function faultOf(length: number, minBytes: number): FrameFault {
  const first = length >>> 24;
  if (first === 0x16 && ((length >>> 16) & 0xff) === 3) return 'tls';
  if (httpGreetings.has(length)) return 'http';
  if (length === fourLetters('SSH-')) return 'ssh';
  if (length < 0) return 'negative';
  return length < minBytes ? 'tooShort' : 'tooLong';
}

const fourLetters = (text: string): number => Buffer.from(text, 'latin1').readInt32BE(0);
const httpGreetings: ReadonlySet<number> = new Set(
  ['GET ', 'POST', 'PUT ', 'HEAD', 'OPTI', 'DELE', 'PATC', 'CONN', 'TRAC', 'PRI ', 'HTTP'].map(fourLetters),
);

const explanations: Readonly<Record<FrameFault, (length: number, limits: FrameLimits) => string>> = {
  tls: () => 'the peer opened with a TLS hello, but this port speaks plaintext (security.protocol of the client?)',
  http: () => 'the peer speaks HTTP, but this port speaks the Kafka protocol',
  ssh: () => 'the peer speaks SSH, but this port speaks the Kafka protocol',
  negative: (length) => `the frame's length is negative (${length}): no Kafka peer, or a stream out of step`,
  tooShort: (length, { minBytes }) => `the frame's length ${length} is below the ${minBytes} bytes that any frame has`,
  tooLong: (length, { maxBytes }) =>
    `the frame's length ${length} is above the limit of ${maxBytes} bytes (socket.request.max.bytes for requests)`,
};
