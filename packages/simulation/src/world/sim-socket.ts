/**
 * One end of a simulated connection. The machine takes in what arrives, also while the process is paused; the process
 * hears of it in events of its own. A socket of a dead process is gone: what reaches it is answered with a reset, or
 * with nothing while the machine is down.
 *
 *   connecting ─▶ open ─▶ (end of the peer heard) ─▶ closed
 */
import { crc32c, type Millis, type Socket, type SocketHandlers } from '@tidelog/core';
import type { Owner, Scheduler } from '../scheduler.ts';
import { Pipe, type Segment } from './sim-pipe.ts';
import type { Link } from './sim-link.ts';

export interface SimSocketOptions {
  readonly scheduler: Scheduler;
  readonly owner: Owner;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** To the peer, and back. */
  readonly links: { readonly forth: Link; readonly back: Link };
  /** This end asked for the connection. */
  readonly isDialed: boolean;
  /** Whether the socket's machine runs, so that it can answer for a process that is gone. */
  readonly machineIsUp: () => boolean;
}

const readMs = 0.01;
const silentRetryMs = 1000;

export class SimSocket implements Socket {
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** What this end sends. */
  readonly out: Pipe;
  /** The next answer that comes finds the connection broken at this end: what was asked has been done. */
  losesNextAnswer = false;
  readonly #options: SimSocketOptions;
  #peer: SimSocket | undefined;
  #handlers: SocketHandlers | undefined;
  #inbox: Segment[] = [];
  #reading = false;
  #readPaused = false;
  #closed = false;
  #ending = false;

  constructor(options: SimSocketOptions) {
    this.#options = options;
    this.remoteAddress = options.remoteAddress;
    this.remotePort = options.remotePort;
    this.out = new Pipe(options.scheduler, options.links, {
      onDrained: () => this.#process('drain', () => this.#handlers?.onDrain?.()),
      onArrived: (segment) => this.#peer?.receive(segment),
    });
  }

  get bufferedBytes(): number {
    return this.out.queuedBytes;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  get isDialed(): boolean {
    return this.#options.isDialed;
  }

  get owner(): Owner {
    return this.#options.owner;
  }

  /** Both ends know each other from the first packet on; the pipe opens when the connection stands. */
  pairWith(peer: SimSocket): void {
    this.#peer = peer;
  }

  /** The connection stands. */
  opened(tell: boolean): void {
    if (this.#closed) return;
    if (tell) this.#process('open', () => this.#handlers?.onOpen?.());
    this.out.open();
  }

  /** The connection could not be had, or was reset by the peer. */
  failed(reason: Error | undefined): void {
    if (this.#closed) return;
    this.#close(reason);
    this.out.break();
  }

  /** The process is gone; `announced`: its machine lives and says so to the peer. */
  abandon(announced: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.out.isHeld) {
      // What is under way outlives the process, and so does the news of its end.
      this.out.clear();
      if (announced) this.out.end();
      return;
    }
    this.out.break();
    if (announced) this.#reset();
  }

  /** This end takes the connection for broken. The other end does not, and is still given what was sent to it. */
  lose(): void {
    if (this.#closed) return;
    this.#close(new Error('ETIMEDOUT: the connection was lost'));
    this.out.clear();
  }

  /** Both ends hear that something between them has reset the connection. */
  destroyedByNetwork(): void {
    if (this.#closed) return;
    this.#reset();
    this.failed(new Error('ECONNRESET: the connection was reset on its way'));
  }

  /** Something has come to this end's machine. */
  receive(segment: Segment): void {
    const { scheduler, owner, machineIsUp } = this.#options;
    if (!machineIsUp() || (this.#closed && this.out.isHeld)) {
      // Nobody answers, or no answer gets through; the sender's machine tries again until one does.
      scheduler.after(silentRetryMs, undefined, 'packet', () => this.receive(segment));
      return;
    }
    if (this.#closed || owner.dead) return this.#reset();
    if (this.losesNextAnswer && segment.kind === 'data') {
      this.lose();
      return this.#reset();
    }
    this.#inbox.push(segment);
    this.#scheduleRead(readMs);
  }

  handle(handlers: SocketHandlers): void {
    this.#handlers = handlers;
  }

  write(pieces: readonly Uint8Array[]): void {
    if (this.#closed || this.#ending) return;
    this.out.write(pieces);
    this.#endWhenSent();
  }

  pause(): void {
    this.#readPaused = true;
  }

  resume(): void {
    this.#readPaused = false;
    this.#scheduleRead(readMs);
  }

  end(): void {
    if (this.#closed || this.#ending) return;
    this.#ending = true;
    this.#endWhenSent();
  }

  destroy(reason?: Error): void {
    if (this.#closed) return;
    this.out.clear();
    this.out.open();
    this.out.end();
    this.#close(reason);
  }

  #endWhenSent(): void {
    if (!this.#ending || this.#closed) return;
    if (this.out.queuedBytes > 0) {
      this.#options.scheduler.after(1, this.owner, 'linger', () => this.#endWhenSent());
      return;
    }
    this.out.end();
    this.#close(undefined);
  }

  #close(reason: Error | undefined): void {
    this.#closed = true;
    this.#inbox = [];
    this.#process('close', () => this.#handlers?.onClose(reason));
  }

  #scheduleRead(delayMs: Millis): void {
    if (this.#reading || this.#readPaused || this.#inbox.length === 0 || this.#closed) return;
    this.#reading = true;
    this.#options.scheduler.after(delayMs, this.owner, 'read', () => {
      this.#reading = false;
      this.#read();
    });
  }

  #read(): void {
    if (this.#closed || this.#readPaused) return;
    const segment = this.#takeIn();
    if (segment === undefined) return;
    if (segment.kind === 'data') {
      this.#options.scheduler.mix(crc32c(segment.bytes));
      this.#peer?.acknowledged(segment.bytes.length);
      this.#handlers?.onData(segment.bytes);
    } else {
      this.#handlers?.onEnd?.();
    }
    this.#scheduleRead(0);
  }

  /** What arrived apart may be read as one. */
  #takeIn(): Segment | undefined {
    const first = this.#inbox.shift();
    if (first?.kind !== 'data') return first;
    const most = this.#options.links.back.mergedTo(1 + this.#inbox.length);
    if (most === 1) return first;
    const merged = [first.bytes];
    for (let next = this.#inbox[0]; merged.length < most && next?.kind === 'data'; next = this.#inbox[0]) {
      merged.push(next.bytes);
      this.#inbox.shift();
    }
    return { kind: 'data', bytes: Buffer.concat(merged) };
  }

  /** The peer has read so much of what was sent here. */
  acknowledged(bytes: number): void {
    if (!this.#closed || this.#ending) this.out.acknowledge(bytes);
  }

  #reset(): void {
    const { scheduler, links } = this.#options;
    const arrive = (): void => {
      if (links.forth.isCut) return links.forth.whenHealed(() => scheduler.after(1, undefined, 'packet', arrive));
      this.#peer?.failed(new Error('ECONNRESET: the connection was reset by the peer'));
    };
    scheduler.after(links.forth.delayMs(0), undefined, 'packet', arrive);
  }

  #process(kind: string, run: () => void): void {
    this.#options.scheduler.after(0, this.owner, kind, run);
  }
}
