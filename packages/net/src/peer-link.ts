/**
 * One TCP connection to a peer, from connecting to its end: negotiates versions, numbers requests, matches responses.
 * It lives once; Connection makes the next one. Responses are framed under a limit and a response that nobody asked for
 * ends the link, because this side does not trust its peers either.
 *
 *   connecting ─open─▶ negotiating (ApiVersions) ─▶ ready ─▶ closed
 */
import type { Chunks, Millis, Socket, World } from '@tidelog/core';
import {
  ApiVersions,
  ErrorCode,
  RequestHeader,
  ResponseHeader,
  errorName,
  type Api,
  type RequestInputOf,
} from '@tidelog/protocol';
import { FrameReader } from './frame.ts';
import { NetworkError } from './network-error.ts';
import { Outbox } from './outbox.ts';
import type { TurnFlush } from './turn-flush.ts';

export interface VersionOf {
  readonly min: number;
  readonly max: number;
}

export type PeerVersions = ReadonlyMap<number, VersionOf>;

export interface PeerLinkOptions {
  readonly world: World;
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  readonly connectTimeoutMs: Millis;
  readonly maxResponseBytes: number;
  readonly turnFlush: TurnFlush;
  onReady(): void;
  /** Called once; everything in flight was rejected before. */
  onClosed(error: NetworkError): void;
}

/** Whoever waits for a response. */
export interface Waiter {
  onResponse(response: unknown): void;
  onError(error: Error): void;
}

interface InFlight {
  readonly api: Api;
  readonly version: number;
  readonly waiter: Waiter;
}

const responseMinBytes = 4;
const softwareName = 'tidelog';
const softwareVersion = '0.1.0';

export class PeerLink {
  readonly #options: PeerLinkOptions;
  readonly #socket: Socket;
  readonly #frames: FrameReader;
  readonly #outbox: Outbox;
  readonly #inFlight = new Map<number, InFlight>();
  #nextCorrelationId = 0;
  #state: 'connecting' | 'negotiating' | 'ready' | 'closed' = 'connecting';
  #versions: PeerVersions = new Map();

  constructor(options: PeerLinkOptions) {
    this.#options = options;
    const { world, host, port, connectTimeoutMs, maxResponseBytes, turnFlush } = options;
    this.#frames = new FrameReader({ minBytes: responseMinBytes, maxBytes: maxResponseBytes });
    const socket = world.network.connect({ host, port, timeoutMs: connectTimeoutMs });
    this.#socket = socket;
    this.#outbox = new Outbox({ socket, turnFlush, maxUnreadBytes: Infinity, onFlushed: () => undefined });
    socket.handle({
      onOpen: () => this.#negotiate(ApiVersions.latestStable),
      onData: (chunk) => this.#onData(chunk),
      onEnd: () => this.#fail(new NetworkError('closed', `${this.#peerName} closed the connection`)),
      onClose: (reason) => this.#onClose(reason),
    });
  }

  get isReady(): boolean {
    return this.#state === 'ready';
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** What the peer serves, once the link is ready. */
  get versions(): PeerVersions {
    return this.#versions;
  }

  /**
   * Sends a request in exactly this version; without a waiter no response is expected. Throws ProtocolError when the
   * request cannot be encoded, in which case nothing is sent.
   */
  send<A extends Api>(api: A, version: number, request: RequestInputOf<A>, waiter: Waiter | undefined): void {
    const body = api.request.encode(request, version);
    const correlationId = this.#nextCorrelationId;
    this.#nextCorrelationId = (correlationId + 1) & 0x7fffffff;
    const header = RequestHeader.encode(
      { requestApiKey: api.key, requestApiVersion: version, correlationId, clientId: this.#options.clientId },
      api.requestHeaderVersion(version),
    );
    const length = Buffer.allocUnsafe(4);
    length.writeInt32BE(header.byteLength + body.byteLength);
    if (waiter !== undefined) this.#inFlight.set(correlationId, { api, version, waiter });
    this.#outbox.push([length, ...header.pieces, ...body.pieces]);
  }

  /** Ends the link for a reason of this side's; what was sent in this turn still leaves. */
  close(error: NetworkError): void {
    this.#outbox.flush();
    this.#fail(error);
  }

  get #peerName(): string {
    return `${this.#options.host}:${this.#options.port}`;
  }

  #negotiate(version: number): void {
    this.#state = 'negotiating';
    const request = { clientSoftwareName: softwareName, clientSoftwareVersion: softwareVersion };
    this.send(ApiVersions, version, request, {
      onResponse: (response) => this.#onVersions(response as ApiVersionsResponse, version),
      onError: () => undefined,
    });
  }

  #onVersions({ errorCode, apiKeys }: ApiVersionsResponse, asked: number): void {
    if (errorCode === ErrorCode.UNSUPPORTED_VERSION) {
      const range = apiKeys.find(({ apiKey }) => apiKey === ApiVersions.key);
      const best = Math.min(range?.maxVersion ?? 0, asked - 1);
      if (best >= 0) {
        this.#negotiate(best);
        return;
      }
    }
    if (errorCode !== ErrorCode.NONE) {
      this.#fail(new NetworkError('protocol', `${this.#peerName} answers ApiVersions with ${errorName(errorCode)}`));
      return;
    }
    this.#versions = new Map(apiKeys.map((one) => [one.apiKey, { min: one.minVersion, max: one.maxVersion }]));
    this.#state = 'ready';
    this.#options.onReady();
  }

  #onData(chunk: Buffer): void {
    this.#frames.push(chunk);
    try {
      while (this.#state !== 'closed') {
        const frame = this.#frames.next();
        if (frame === undefined) return;
        this.#onFrame(frame);
      }
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#fail(new NetworkError('protocol', `${this.#peerName} sent what is no response: ${text}`, error));
    }
  }

  #onFrame(frame: Chunks): void {
    const correlationId = frame.contiguous(0, 4).readInt32BE(0);
    const waiting = this.#inFlight.get(correlationId);
    if (waiting === undefined) throw new Error(`nobody waits for correlation id ${correlationId}`);
    const response = decodeResponse(frame, waiting);
    this.#inFlight.delete(correlationId);
    waiting.waiter.onResponse(response);
  }

  #onClose(reason: Error | undefined): void {
    const wasConnecting = this.#state === 'connecting';
    const text = wasConnecting ? `${this.#peerName} cannot be reached` : `the connection to ${this.#peerName} broke`;
    const detail = reason === undefined ? text : `${text}: ${reason.message}`;
    this.#fail(new NetworkError(wasConnecting ? 'connect' : 'closed', detail, reason));
  }

  #fail(error: NetworkError): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#outbox.discard();
    this.#socket.destroy();
    const inFlight = [...this.#inFlight.values()];
    this.#inFlight.clear();
    for (const { waiter } of inFlight) waiter.onError(error);
    this.#options.onClosed(error);
  }
}

interface ApiVersionsResponse {
  readonly errorCode: number;
  readonly apiKeys: readonly { readonly apiKey: number; readonly minVersion: number; readonly maxVersion: number }[];
}

function decodeResponse(frame: Chunks, { api, version }: InFlight): unknown {
  const { end } = ResponseHeader.decodePrefix(frame, api.responseHeaderVersion(version));
  if (api.key !== ApiVersions.key) return api.response.decode(frame, version, end);
  // A peer that does not know the version asked for says so in the v0 body.
  const errorCode = frame.byteLength >= end + 2 ? frame.contiguous(end, 2).readInt16BE(0) : 0;
  return api.response.decode(frame, errorCode === ErrorCode.UNSUPPORTED_VERSION ? 0 : version, end);
}
