/** Runs everything that has to happen at the end of this turn in one go, for the whole store. */
import type { Timers } from '@tidelog/core';

export interface TurnTask {
  endOfTurn(): void;
}

export class TurnEnd {
  readonly #timers: Timers;
  #tasks: TurnTask[] = [];

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  add(task: TurnTask): void {
    this.#tasks.push(task);
    if (this.#tasks.length === 1) this.#timers.endOfTurn(() => this.#run());
  }

  #run(): void {
    const tasks = this.#tasks;
    this.#tasks = [];
    for (const task of tasks) task.endOfTurn();
  }
}
