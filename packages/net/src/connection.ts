/**
 * Requests to one peer over a connection that is opened when it is first needed, negotiated once, shared by all who
 * send and opened again after it broke, with exponential backoff and jitter. It repeats no request: who sends decides
 * that.
 *
 *   idle ─send─▶ backing off ─▶ connecting ─▶ ready ─▶ (broken, idle for long) ─▶ idle
 *
 * A request that has no answer in time takes the connection with it, since answers come in order: on a dead path that
 * is how one finds out. What waits when a connection cannot be had is rejected rather than kept for the next attempt.
 */
import type { Logger, Millis, World } from '@tidelog/core';
import type { Api, RequestInputOf, ResponseOf } from '@tidelog/protocol';
import { Deadlines, type Deadline } from './deadlines.ts';
import { NetworkError } from './network-error.ts';
import { PeerLink, type PeerVersions, type VersionOf } from './peer-link.ts';
import { TurnFlush } from './turn-flush.ts';

export interface ConnectionOptions {
  readonly world: World;
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  readonly logger: Logger;
  /** request.timeout.ms; default 30 s. Covers waiting for the connection too. */
  readonly requestTimeoutMs?: Millis;
  /** socket.connection.setup.timeout.ms; default 10 s. */
  readonly connectTimeoutMs?: Millis;
  /** reconnect.backoff.ms and reconnect.backoff.max.ms; default 50 and 1,000. */
  readonly reconnectBackoffMs?: Millis;
  readonly reconnectBackoffMaxMs?: Millis;
  /** The longest response accepted; default 100 MiB. */
  readonly maxResponseBytes?: number;
  /** connections.max.idle.ms; default 9 minutes. */
  readonly maxIdleMs?: Millis;
  /** A connection that was ready has ended, and not by `close`. What was in flight was rejected before. */
  readonly onLost?: () => void;
}

export interface SendOptions {
  /** Exactly this version; otherwise the highest that both sides know. */
  readonly version?: number;
  readonly timeoutMs?: Millis;
}

/** Something that waits for a link that is ready. */
interface Waiting {
  run(link: PeerLink): void;
  reject(error: Error): void;
}

const defaults = {
  requestTimeoutMs: 30_000,
  connectTimeoutMs: 10_000,
  reconnectBackoffMs: 50,
  reconnectBackoffMaxMs: 1000,
  maxResponseBytes: 104_857_600,
  maxIdleMs: 540_000,
};

export class Connection {
  readonly #options: ConnectionOptions & typeof defaults;
  readonly #deadlines: Deadlines;
  readonly #turnFlush: TurnFlush;
  readonly #waiting = new Set<Waiting>();
  #link: PeerLink | undefined;
  #failures = 0;
  #nextAttemptAt = -Infinity;
  #attempt: Deadline | undefined;
  #setup: Deadline | undefined;
  #idleCheck: Deadline | undefined;
  #lastUse: Millis = 0;
  #closed = false;

  constructor(options: ConnectionOptions) {
    this.#options = { ...defaults, ...options };
    this.#deadlines = new Deadlines(options.world);
    this.#turnFlush = new TurnFlush(options.world.timers);
  }

  /** Connects if need be. Rejects with NetworkError, or with ProtocolError if the request cannot be encoded. */
  send<A extends Api>(api: A, request: RequestInputOf<A>, options: SendOptions = {}): Promise<ResponseOf<A>> {
    return new Promise((resolve, reject) => {
      const settled = this.#withTimeout(api.name, options.timeoutMs, reject);
      this.#enqueue(settled, {
        run: (link) => {
          settled.timesOut = (error) => link.close(error);
          const waiter = {
            onResponse: (response: unknown) => settled.by(() => resolve(response as ResponseOf<A>)),
            onError: (error: Error) => settled.by(() => reject(error)),
          };
          link.send(api, this.#versionFor(link, api, options.version), request, waiter);
        },
        reject: (error) => settled.by(() => reject(error)),
      });
    });
  }

  /** For requests that are never answered (Produce with acks=0): resolves when it was handed to the socket. */
  post<A extends Api>(api: A, request: RequestInputOf<A>, options: SendOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const settled = this.#withTimeout(api.name, options.timeoutMs, reject);
      this.#enqueue(settled, {
        run: (link) => {
          link.send(api, this.#versionFor(link, api, options.version), request, undefined);
          settled.by(resolve);
        },
        reject: (error) => settled.by(() => reject(error)),
      });
    });
  }

  /** The versions the peer serves, by API key. */
  versions(timeoutMs?: Millis): Promise<ReadonlyMap<number, VersionOf>> {
    return new Promise<PeerVersions>((resolve, reject) => {
      const settled = this.#withTimeout('ApiVersions', timeoutMs, reject);
      this.#enqueue(settled, {
        run: (link) => settled.by(() => resolve(link.versions)),
        reject: (error) => settled.by(() => reject(error)),
      });
    });
  }

  /** Rejects what waits and connects no more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#deadlines.cancel(this.#attempt);
    const error = new NetworkError('closed', `the connection to ${this.#peerName} was closed here`);
    this.#link?.close(error);
    this.#rejectWaiting(error);
  }

  get #peerName(): string {
    return `${this.#options.host}:${this.#options.port}`;
  }

  #enqueue(settled: Settled, waiting: Waiting): void {
    if (this.#closed) {
      waiting.reject(new NetworkError('closed', `the connection to ${this.#peerName} was closed here`));
      return;
    }
    this.#lastUse = this.#options.world.clock.monotonic();
    if (this.#link?.isReady === true) {
      run(waiting, this.#link);
      return;
    }
    settled.timesOut = () => this.#waiting.delete(waiting);
    this.#waiting.add(waiting);
    if (this.#link === undefined && this.#attempt === undefined) this.#connectWhenDue();
  }

  #connectWhenDue(): void {
    const delayMs = this.#nextAttemptAt - this.#options.world.clock.monotonic();
    if (delayMs <= 0) {
      this.#connect();
      return;
    }
    this.#attempt = this.#deadlines.after(delayMs, () => {
      this.#attempt = undefined;
      if (this.#waiting.size > 0) this.#connect();
    });
  }

  #connect(): void {
    const { connectTimeoutMs } = this.#options;
    const tooLong = `${this.#peerName} was not ready within ${connectTimeoutMs} ms`;
    const giveUp = (): void => this.#link?.close(new NetworkError('connect', tooLong));
    this.#setup = this.#deadlines.after(connectTimeoutMs, giveUp);
    let wasReady = false;
    this.#link = new PeerLink({
      ...this.#options,
      turnFlush: this.#turnFlush,
      onReady: () => {
        wasReady = true;
        this.#onReady();
      },
      onClosed: (error) => {
        this.#onLinkClosed(error);
        if (wasReady && !this.#closed) this.#options.onLost?.();
      },
    });
  }

  #onReady(): void {
    const link = this.#link;
    if (link === undefined) return;
    this.#failures = 0;
    this.#deadlines.cancel(this.#setup);
    this.#expectUse(this.#options.maxIdleMs);
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const one of waiting) run(one, link);
  }

  #onLinkClosed(error: NetworkError): void {
    this.#link = undefined;
    this.#deadlines.cancel(this.#setup);
    this.#deadlines.cancel(this.#idleCheck);
    if (this.#closed) return;
    const { world, reconnectBackoffMs, reconnectBackoffMaxMs, logger } = this.#options;
    const backoff = Math.min(reconnectBackoffMaxMs, reconnectBackoffMs * 2 ** Math.min(this.#failures++, 30));
    const jittered = backoff * (0.8 + 0.4 * world.random.next());
    this.#nextAttemptAt = world.clock.monotonic() + jittered;
    logger.debug({ peer: this.#peerName, code: error.code, err: error }, 'connection to peer lost');
    this.#rejectWaiting(error.code === 'protocol' ? error : new NetworkError('connect', error.message, error));
  }

  #rejectWaiting(error: NetworkError): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const one of waiting) one.reject(error);
  }

  #expectUse(withinMs: Millis): void {
    this.#idleCheck = this.#deadlines.after(withinMs, () => {
      const { world, maxIdleMs } = this.#options;
      const leftMs = this.#lastUse + maxIdleMs - world.clock.monotonic();
      if (this.#link === undefined) return;
      if (leftMs > 0) this.#expectUse(leftMs);
      else if (this.#link.inFlight > 0) this.#expectUse(maxIdleMs);
      else this.#link.close(new NetworkError('closed', `the connection to ${this.#peerName} was idle`));
    });
  }

  #versionFor(link: PeerLink, api: Api, exactly: number | undefined): number {
    const peer = link.versions.get(api.key);
    const ours = exactly === undefined ? { min: api.versions.min, max: api.latestStable } : range(exactly);
    const best = Math.min(peer?.max ?? -1, ours.max);
    if (peer !== undefined && best >= Math.max(peer.min, ours.min)) return best;
    const theirs = peer === undefined ? 'does not serve it' : `serves versions ${peer.min} to ${peer.max}`;
    const asked = `${api.name} v${ours.min} to v${ours.max} was asked for`;
    throw new NetworkError('unsupportedVersion', `${asked}, but ${this.#peerName} ${theirs}`);
  }

  /** Settles once: by an answer, or by the timeout, whichever is first. */
  #withTimeout(what: string, timeoutMs = this.#options.requestTimeoutMs, reject: (error: Error) => void): Settled {
    const deadline = this.#deadlines.after(timeoutMs, () => {
      const error = new NetworkError('timeout', `no answer to ${what} from ${this.#peerName} within ${timeoutMs} ms`);
      const { timesOut } = settled;
      settled.by(() => reject(error));
      timesOut?.(new NetworkError('closed', `the connection to ${this.#peerName} was given up: ${error.message}`));
    });
    const settled: Settled = {
      timesOut: undefined,
      by: (settle) => {
        settled.by = () => undefined;
        this.#deadlines.cancel(deadline);
        settle();
      },
    };
    return settled;
  }
}

interface Settled {
  /** What else happens at the timeout. */
  timesOut: ((error: NetworkError) => unknown) | undefined;
  by: (settle: () => void) => void;
}

const range = (version: number): VersionOf => ({ min: version, max: version });

function run(waiting: Waiting, link: PeerLink): void {
  try {
    waiting.run(link);
  } catch (error) {
    waiting.reject(error instanceof Error ? error : new Error(String(error)));
  }
}
