/**
 * One direction of a connection: what the sender has queued, what is under way, what waits at the receiver.
 *
 *   write ─▶ queue ─(window)─▶ under way, in order ─▶ inbox of the receiver's kernel ─▶ onData ─▶ acknowledged
 *
 * The window closes when the receiver does not read, or when acknowledgements cannot come back.
 */
import type { Millis } from '@tidelog/core';
import type { Scheduler } from '../scheduler.ts';
import type { Link } from './sim-link.ts';

const windowBytes = 131_072;
const segmentBytes = 65_536;

export type Segment = { readonly kind: 'data'; readonly bytes: Buffer } | { readonly kind: 'end' };

export interface PipeEnds {
  /** The bytes have left the sender's buffer entirely after a write had to wait. */
  onDrained(): void;
  /** A segment has reached the receiver's machine. */
  onArrived(segment: Segment): void;
}

interface UnderWay {
  readonly segment: Segment;
  readonly at: Millis;
}

export class Pipe {
  readonly #scheduler: Scheduler;
  readonly #forth: Link;
  readonly #back: Link;
  readonly #ends: PipeEnds;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #inWindow = 0;
  readonly #underWay: UnderWay[] = [];
  #lastArrival: Millis = 0;
  #arriving = false;
  #wantsDrain = false;
  #ending = false;
  #open = false;
  #broken = false;
  #held = false;
  #wantsRelease = false;

  constructor(scheduler: Scheduler, links: { readonly forth: Link; readonly back: Link }, ends: PipeEnds) {
    this.#scheduler = scheduler;
    this.#forth = links.forth;
    this.#back = links.back;
    this.#ends = ends;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get isHeld(): boolean {
    return this.#held;
  }

  /** Something was sent that has not arrived. */
  get isUnderWay(): boolean {
    return this.#underWay.length > 0;
  }

  /** The connection stands: what is queued may leave. */
  open(): void {
    this.#open = true;
    this.#pump();
  }

  write(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      if (piece.length === 0) continue;
      this.#queue.push(piece);
      this.#queuedBytes += piece.length;
    }
    this.#pump();
    if (this.#queuedBytes > 0) this.#wantsDrain = true;
  }

  /** After what is queued. */
  end(): void {
    this.#ending = true;
    this.#pump();
  }

  /** Drops what has not left. */
  clear(): void {
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#wantsDrain = false;
  }

  /** Nothing under way arrives any more. */
  break(): void {
    this.clear();
    this.#broken = true;
    this.#underWay.length = 0;
  }

  /** What is under way, and whatever follows, gets no further until `release`, whatever becomes of its sender. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    if (!this.#wantsRelease) return;
    this.#wantsRelease = false;
    this.#later(this.#forth.retryMs(), () => this.#arrive());
  }

  /** The receiver has read so much; the sender learns of it when the way back is free. */
  acknowledge(bytes: number): void {
    const free = (): void => {
      if (this.#back.isCut) return this.#back.whenHealed(() => this.#later(this.#back.retryMs(), free));
      this.#inWindow -= bytes;
      this.#pump();
    };
    this.#later(this.#back.delayMs(0), free);
  }

  #pump(): void {
    if (!this.#open || this.#broken) return;
    while (this.#queuedBytes > 0 && this.#inWindow < windowBytes) {
      const room = Math.min(segmentBytes, windowBytes - this.#inWindow);
      const bytes = this.#take(this.#forth.tornAt(Math.min(room, this.#queuedBytes)));
      this.#inWindow += bytes.length;
      this.#send({ kind: 'data', bytes });
    }
    if (this.#queuedBytes > 0) return;
    if (this.#wantsDrain) {
      this.#wantsDrain = false;
      this.#ends.onDrained();
    }
    if (this.#ending) {
      this.#ending = false;
      this.#send({ kind: 'end' });
    }
  }

  /** Copies, since the sender may change its pieces once they have left. */
  #take(most: number): Buffer {
    const taken: Uint8Array[] = [];
    let size = 0;
    while (size < most) {
      const piece = this.#queue[0];
      if (piece === undefined) break;
      const room = most - size;
      if (piece.length > room) {
        taken.push(piece.subarray(0, room));
        this.#queue[0] = piece.subarray(room);
        size += room;
      } else {
        taken.push(piece);
        this.#queue.shift();
        size += piece.length;
      }
    }
    this.#queuedBytes -= size;
    return Buffer.concat(taken, size);
  }

  #send(segment: Segment): void {
    const size = segment.kind === 'data' ? segment.bytes.length : 0;
    this.#lastArrival = Math.max(this.#lastArrival, this.#scheduler.now + this.#forth.delayMs(size));
    this.#underWay.push({ segment, at: this.#lastArrival });
    this.#arm();
  }

  #arm(): void {
    const first = this.#underWay[0];
    if (this.#arriving || first === undefined) return;
    this.#arriving = true;
    this.#scheduler.at(first.at, undefined, 'packet', () => this.#arrive());
  }

  #arrive(): void {
    this.#arriving = false;
    if (this.#held) {
      this.#arriving = true;
      this.#wantsRelease = true;
      return;
    }
    if (this.#forth.isCut) {
      this.#arriving = true;
      this.#forth.whenHealed(() => this.#later(this.#forth.retryMs(), () => this.#arrive()));
      return;
    }
    const first = this.#underWay.shift();
    if (first === undefined) return;
    this.#ends.onArrived(first.segment);
    this.#arm();
  }

  #later(delayMs: Millis, run: () => void): void {
    this.#scheduler.after(delayMs, undefined, 'packet', run);
  }
}
