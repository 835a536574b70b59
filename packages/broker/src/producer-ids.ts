/**
 * Producer ids for this broker, taken from the controller in blocks (AllocateProducerIds). The next block is fetched
 * when a tenth of the current one is left, so that nobody waits in normal work; who comes while there is none waits
 * for it. An id is never given twice: a block whose answer is lost is lost.
 */
import type { Logger, Millis, World } from '@tidelog/core';
import { AllocateProducerIds, ErrorCode, errorName } from '@tidelog/protocol';
import type { ControllerChannel } from './channels.ts';

export interface ProducerIdsDeps {
  readonly world: World;
  readonly logger: Logger;
  readonly controller: ControllerChannel;
  readonly nodeId: number;
  readonly brokerEpoch: () => number;
}

interface Block {
  next: number;
  readonly end: number;
  readonly prefetchAt: number;
}

const prefetchThreshold = 0.9;
const retryBackoffMs: Millis = 50;

export class ProducerIds {
  readonly #deps: ProducerIdsDeps;
  #current: Block | undefined;
  #nextBlock: Block | undefined;
  #fetching = false;
  #waiting: (() => void)[] = [];

  constructor(deps: ProducerIdsDeps) {
    this.#deps = deps;
  }

  /** A fresh id, or undefined while a block is on its way. */
  take(): number | undefined {
    if (this.#current === undefined || this.#current.next >= this.#current.end) {
      this.#current = this.#nextBlock;
      this.#nextBlock = undefined;
    }
    const block = this.#current;
    if (block === undefined) {
      this.#fetch();
      return undefined;
    }
    const id = block.next++;
    if (block.next >= block.prefetchAt && this.#nextBlock === undefined) this.#fetch();
    return id;
  }

  /** A fresh id; waits for a block up to a while, then undefined. */
  async generate(maxWaitMs: Millis): Promise<number | undefined> {
    const id = this.take();
    if (id !== undefined) return id;
    await new Promise<void>((resolve) => {
      const timer = this.#deps.world.timers.after(maxWaitMs, resolve);
      this.#waiting.push(() => {
        timer.cancel();
        resolve();
      });
    });
    return this.take();
  }

  #fetch(): void {
    if (this.#fetching) return;
    this.#fetching = true;
    const { controller, nodeId, brokerEpoch } = this.#deps;
    controller.send(AllocateProducerIds, { brokerId: nodeId, brokerEpoch: brokerEpoch() }).then(
      ({ errorCode, producerIdStart, producerIdLen }) =>
        errorCode === ErrorCode.NONE
          ? this.#onBlock(producerIdStart, producerIdLen)
          : this.#onFailure(errorName(errorCode)),
      (cause: unknown) => this.#onFailure(String(cause)),
    );
  }

  #onBlock(start: number, length: number): void {
    this.#fetching = false;
    const prefetchAt = start + Math.floor(length * prefetchThreshold);
    this.#nextBlock = { next: start, end: start + length, prefetchAt };
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Tries again as long as somebody waits; otherwise whoever asks next does. */
  #onFailure(reason: string): void {
    this.#deps.logger.warn({ reason }, 'the controller gave no block of producer ids');
    this.#deps.world.timers.after(retryBackoffMs, () => {
      this.#fetching = false;
      if (this.#waiting.length > 0) this.#fetch();
    });
  }
}
