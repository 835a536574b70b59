/**
 * Virtual time. One queue of events for all nodes, popped in order of their time; between two events all microtasks
 * run, so that promises inside production code are as deterministic as callbacks. Nothing here waits: an hour passes as
 * fast as its events can be handled.
 *
 *   pop ─▶ owner dead? dropped ─▶ paused? parked until it resumes ─▶ busy? later ─▶ run ─▶ microtasks ─▶ pop
 *
 * Every event that runs goes into the trace hash with its time, owner and kind. Two runs of a seed must agree on it.
 */
import { DeadlineQueue, type DeadlineEntry, type Millis } from '@tidelog/core';

/** Whose event it is: one life of a process. Events of a dead one never run. */
export interface Owner {
  readonly id: number;
  dead: boolean;
  paused: boolean;
  /** Something synchronous (a slow write) holds the process until then. */
  busyUntil: Millis;
  readonly parked: SimEvent[];
}

export interface SimEvent {
  readonly owner: Owner | undefined;
  readonly kind: string;
  readonly run: () => void;
}

export type ErrorSink = (error: unknown, owner: Owner | undefined) => void;

/** Immediates are queued in runs, since one pass of the real loop costs more than most events. */
const eventsPerPass = 256;

export function createOwner(id: number): Owner {
  return { id, dead: false, paused: false, busyUntil: 0, parked: [] };
}

export class Scheduler {
  /** Milliseconds of virtual time since the start of the run. */
  now: Millis = 0;
  /** What an event threw, or a promise that nobody handled. */
  onError: ErrorSink = (error) => {
    throw error;
  };
  events = 0;
  /** Called with every event that runs, for --trace. */
  onEvent: ((event: SimEvent, now: Millis) => void) | undefined;
  readonly #queue = new DeadlineQueue<SimEvent>();
  readonly #float = new Float64Array(1);
  readonly #words = new Uint32Array(this.#float.buffer);
  #hash = 0x811c9dc5;
  #hash2 = 0x9e3779b9;
  #current: Owner | undefined;

  /** The owner of the event that runs, or ran last. */
  get current(): Owner | undefined {
    return this.#current;
  }

  get traceHash(): string {
    return [this.#hash, this.#hash2].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }

  /** Not before now; events of one time run in the order in which they were asked for. */
  at(time: Millis, owner: Owner | undefined, kind: string, run: () => void): DeadlineEntry<SimEvent> {
    return this.#queue.add({ owner, kind, run }, Math.max(time, this.now));
  }

  after(delayMs: Millis, owner: Owner | undefined, kind: string, run: () => void): DeadlineEntry<SimEvent> {
    return this.at(this.now + delayMs, owner, kind, run);
  }

  cancel(entry: DeadlineEntry<SimEvent>): void {
    this.#queue.remove(entry);
  }

  /** What a paused process missed comes in, in the order in which it happened. */
  resume(owner: Owner): void {
    owner.paused = false;
    const parked = owner.parked.splice(0);
    for (const event of parked) this.#queue.add(event, this.now);
  }

  /** Adds something to the trace: bytes that arrived, a fault. */
  mix(word: number): void {
    this.#hash = Math.imul(this.#hash ^ word, 0x01000193);
    this.#hash2 = Math.imul(this.#hash2 ^ word, 0x85ebca6b) + 0x27d4eb2f;
  }

  /** Runs until the condition holds, nothing is left, or the time has come; rejects with what `onError` throws. */
  run({ until = () => false, deadline = Infinity }: { until?: () => boolean; deadline?: Millis }): Promise<void> {
    return new Promise((resolve, reject) => {
      let finished = false;
      const finish = (settle: () => void): void => {
        finished = true;
        settle();
      };
      const step = (): void => {
        if (finished) return;
        try {
          if (until() || this.#queue.nextDeadline() > deadline) {
            if (deadline !== Infinity && !until()) this.now = Math.max(this.now, deadline);
            return finish(resolve);
          }
          this.#next();
        } catch (error) {
          finish(() => reject(error instanceof Error ? error : new Error(String(error))));
        }
      };
      const pass = (): void => {
        if (finished) return;
        for (let i = 0; i < eventsPerPass; i++) setImmediate(step);
        setImmediate(pass);
      };
      pass();
    });
  }

  #next(): void {
    const time = this.#queue.nextDeadline();
    if (time === Infinity) throw new Error('nothing will ever happen again');
    const event = this.#queue.popDue(time);
    if (event === undefined) return;
    this.now = time;
    const { owner } = event;
    if (owner !== undefined) {
      if (owner.dead) return;
      if (owner.paused) return void owner.parked.push(event);
      if (owner.busyUntil > time) return void this.#queue.add(event, owner.busyUntil);
    }
    this.#note(event);
    this.#current = owner;
    try {
      event.run();
    } catch (error) {
      this.onError(error, owner);
    }
  }

  #note(event: SimEvent): void {
    this.events++;
    this.#float[0] = this.now;
    this.mix(this.#words[0] as number);
    this.mix(this.#words[1] as number);
    this.mix((event.owner?.id ?? 0) * 31 + event.kind.length * 7 + event.kind.charCodeAt(0));
    this.onEvent?.(event, this.now);
  }
}
