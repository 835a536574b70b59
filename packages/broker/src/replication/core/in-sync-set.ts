/**
 * The in-sync replicas of a led partition: the committed set and, while one AlterPartition is on its way, the maximal
 * set, which holds every replica that may be a member whatever the controller answers (KIP-497). The high watermark
 * waits for all of the maximal set, so nothing is acknowledged that one of the possible next leaders lacks.
 *
 *   committed --propose--> pending --accepted--> committed'
 *                              \---refused----> committed
 */
import { assert } from '@tidelog/core';
import type { IsrProposal } from './partition-events.ts';

export class InSyncSet {
  #committed: readonly number[];
  #maximal: readonly number[];
  #pending: IsrProposal | undefined;

  constructor(committed: readonly number[]) {
    this.#committed = committed;
    this.#maximal = committed;
  }

  get committed(): readonly number[] {
    return this.#committed;
  }

  get maximal(): readonly number[] {
    return this.#maximal;
  }

  get pending(): IsrProposal | undefined {
    return this.#pending;
  }

  propose(proposal: IsrProposal): void {
    assert(
      this.#pending === undefined,
      'a second AlterPartition for a partition is not sent before the first is answered',
    );
    this.#pending = proposal;
    const added = proposal.isr.map((member) => member.brokerId).filter((id) => !this.#committed.includes(id));
    this.#maximal = added.length === 0 ? this.#committed : [...this.#committed, ...added];
  }

  /** The controller's word: ends what was pending. */
  commit(isr: readonly number[]): void {
    this.#committed = isr;
    this.#maximal = isr;
    this.#pending = undefined;
  }

  /** The proposal was refused for good: the committed set stands. */
  revert(): void {
    this.commit(this.#committed);
  }
}
