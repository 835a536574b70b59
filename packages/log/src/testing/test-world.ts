/**
 * A world for tests of the log: a disk in memory, a clock that stands still unless told otherwise, turns that end when
 * the test says so. Nothing here is random but what the seed says.
 */
import { DeadlineQueue, MemoryDisk, SeededRandom, type Network, type Timer, type World } from '@tidelog/core';

const noNetwork: Network = {
  listen: () => {
    throw new Error('no network in this world');
  },
  connect: () => {
    throw new Error('no network in this world');
  },
};

export class TestWorld implements World {
  readonly disk: MemoryDisk;
  readonly random: SeededRandom;
  readonly network: Network = noNetwork;
  readonly clock = { monotonic: (): number => this.now, wall: (): number => this.wallStart + this.now };
  readonly timers = {
    endOfTurn: (callback: () => void): void => {
      this.#turn.push(callback);
    },
    after: (delayMs: number, callback: () => void): Timer => {
      const entry = this.#due.add(callback, this.now + delayMs);
      return { cancel: () => void this.#due.remove(entry) };
    },
  };
  now = 0;
  wallStart = 1_700_000_000_000;
  #turn: (() => void)[] = [];
  readonly #due = new DeadlineQueue<() => void>();

  constructor(seed = 1) {
    this.random = new SeededRandom(seed);
    this.disk = new MemoryDisk({ wall: () => this.clock.wall() });
  }

  /** Ends the current turn: runs what was scheduled for its end, and timers that are due. */
  turn(): void {
    const callbacks = this.#turn;
    this.#turn = [];
    for (const callback of callbacks) callback();
    for (let due = this.#due.popDue(this.now); due !== undefined; due = this.#due.popDue(this.now)) due();
  }

  /** Turns until the promise is settled; fails when nothing moves any more. */
  async run<T>(promise: Promise<T>): Promise<T> {
    const state = { settled: false };
    const done = promise.finally(() => (state.settled = true));
    done.catch(() => undefined);
    for (let round = 0; !state.settled; round++) {
      if (round > 10_000) throw new Error('the promise does not settle');
      this.turn();
      await this.breathe();
    }
    return done;
  }

  /** Lets every completion that is on its way arrive, without ending a turn. */
  async breathe(): Promise<void> {
    for (let i = 0; i < 10; i++) await Promise.resolve();
  }

  /** Turns until nothing more is expected to happen now. */
  async settle(): Promise<void> {
    for (let i = 0; i < 20; i++) {
      this.turn();
      await this.breathe();
    }
  }

  async advance(ms: number): Promise<void> {
    this.now += ms;
    await this.settle();
  }

  /** What a process that died leaves scheduled is nobody's any more. */
  forgetSchedule(): void {
    this.#turn = [];
    while (this.#due.popDue(Infinity) !== undefined);
  }
}
