/** A client that sends the bytes it is told, right or wrong, and says what came back. */
import { connect, type Socket } from 'node:net';
import { Chunks } from '@tidelog/core';
import { RequestHeader, ResponseHeader, type Api, type RequestInputOf, type ResponseOf } from '@tidelog/protocol';

export class RawClient {
  readonly socket: Socket;
  readonly frames: Buffer[] = [];
  /** Bytes received, frames or not. */
  bytes = 0;
  closed = false;
  readonly #keep: boolean;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #wake = Promise.withResolvers<void>();

  /** With `keep: false` what comes is counted and dropped. */
  constructor(port: number, { keep = true }: { readonly keep?: boolean } = {}) {
    this.#keep = keep;
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('error', () => undefined);
    this.socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    this.socket.on('end', () => this.socket.end());
    this.socket.on('close', () => {
      this.closed = true;
      this.#changed();
    });
  }

  opened(): Promise<void> {
    return new Promise((done, fail) => {
      if (this.socket.readyState === 'open') return done();
      this.socket.once('connect', done);
      this.socket.once('close', () => fail(new Error('could not connect')));
    });
  }

  send(bytes: Buffer): void {
    if (!this.socket.destroyed && this.socket.writable) this.socket.write(bytes);
  }

  /** The response to a request, or undefined when the broker closed the connection instead. */
  async ask<A extends Api>(api: A, version: number, request: RequestInputOf<A>): Promise<ResponseOf<A> | undefined> {
    this.send(requestFrame(api, version, request));
    const frame = await this.nextFrame();
    return frame === undefined ? undefined : decodeResponse(api, version, frame);
  }

  /** The next frame that has not been taken; undefined when the connection closed first. Throws after ten seconds. */
  async nextFrame(timeoutMs = 20_000): Promise<Buffer | undefined> {
    const deadline = Date.now() + timeoutMs;
    while (this.frames.length === 0 && !this.closed) await this.#change(deadline);
    return this.frames.shift();
  }

  async whenClosed(timeoutMs = 20_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!this.closed) await this.#change(deadline);
  }

  destroy(): void {
    this.socket.destroy();
  }

  async #change(deadline: number): Promise<void> {
    const left = deadline - Date.now();
    if (left <= 0) throw new Error('the broker neither answered nor closed the connection in time');
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([this.#wake.promise, new Promise((done) => (timer = setTimeout(done, left)))]);
    clearTimeout(timer);
  }

  #changed(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }

  #onData(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (!this.#keep) return;
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    if (this.#pendingBytes < 4) return;
    let all = Buffer.concat(this.#pending);
    while (all.length >= 4 && all.length >= 4 + all.readInt32BE(0)) {
      const end = 4 + all.readInt32BE(0);
      this.frames.push(all.subarray(4, end));
      all = all.subarray(end);
    }
    this.#pending = [all];
    this.#pendingBytes = all.length;
    if (this.frames.length > 0) this.#changed();
  }
}

/** A request as it goes over the wire, its length in front. */
export function requestFrame<A extends Api>(
  api: A,
  version: number,
  request: RequestInputOf<A>,
  correlationId = 7,
): Buffer {
  const header = { requestApiKey: api.key, requestApiVersion: version, correlationId, clientId: 'raw' };
  return framed(
    Buffer.concat([
      ...RequestHeader.encode(header, api.requestHeaderVersion(version)).pieces,
      ...api.request.encode(request, version).pieces,
    ]),
  );
}

export function framed(body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

export function decodeResponse<A extends Api>(api: A, version: number, frame: Buffer): ResponseOf<A> {
  const chunks = Chunks.of(frame);
  const { end } = ResponseHeader.decodePrefix(chunks, api.responseHeaderVersion(version), 0);
  return api.response.decode(chunks, version, end) as ResponseOf<A>;
}

export const sleep = (ms: number): Promise<void> => new Promise((done) => void setTimeout(done, ms));
