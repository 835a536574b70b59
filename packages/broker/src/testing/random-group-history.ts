/**
 * A seeded history of one group, whatever its protocol: dice that say what happens next, a core that follows the log
 * record by record, and what was committed. A consumer begins where the group has committed when it is given a
 * partition, and commits further on. So whatever is accepted is further on than what was committed before, unless
 * somebody else may commit too.
 */
import { assert, SeededRandom } from '@tidelog/core';
import { ErrorCode } from '@tidelog/protocol';
import type { GroupCore } from '../coordinator/group/core/group-core.ts';
import { commitOffset, fetchOffset, type CommitSpec } from './classic-members.ts';
import type { GroupBench } from './group-bench.ts';

/** How often each happens, out of all of them together. */
export interface Weights {
  readonly join: number;
  /** A consumer says the next thing that it has to say. */
  readonly speak: number;
  readonly commit: number;
  readonly leave: number;
  /** It stops talking and keeps believing. */
  readonly crash: number;
  /** One that crashed commits as who it was. */
  readonly haunt: number;
  readonly pause: number;
  readonly failOver: number;
  readonly failAppends: number;
  readonly grow: number;
}

export interface RandomGroupOptions {
  readonly bench: GroupBench;
  readonly seed: number;
  readonly weights: Weights;
  readonly groupId: string;
  readonly partitions: number;
  readonly mostPartitions: number;
  readonly mostConsumers: number;
  readonly longestPauseMs: number;
  /** What a fenced member is told. */
  readonly refusals: readonly string[];
}

export abstract class RandomGroupHistory<Consumer> {
  readonly random: SeededRandom;
  readonly committed: number[] = [];
  partitions: number;
  readonly #options: RandomGroupOptions;
  readonly #happenings: readonly (readonly [weight: number, happen: () => void])[];
  readonly #follower: GroupCore;
  #followed = 0;

  constructor(options: RandomGroupOptions) {
    const { bench, seed, weights, partitions, mostConsumers, longestPauseMs } = options;
    this.#options = options;
    this.random = new SeededRandom(seed);
    this.partitions = partitions;
    bench.createTopic('t', partitions);
    this.#follower = bench.replayed();
    const toOne = (happen: (consumer: Consumer) => void) => (): void => {
      const consumer = this.pick(this.all());
      if (consumer !== undefined) happen(consumer);
    };
    this.#happenings = [
      [weights.join, () => this.all().length < mostConsumers && this.join()],
      [weights.speak, toOne((consumer) => this.speak(consumer))],
      [weights.commit, toOne((consumer) => this.commit(consumer))],
      [weights.leave, toOne((consumer) => this.leave(consumer))],
      [weights.crash, toOne((consumer) => this.crash(consumer))],
      [weights.haunt, () => this.haunt()],
      [weights.pause, () => bench.wait(this.random.below(longestPauseMs))],
      [weights.failOver, () => bench.failOver()],
      [weights.failAppends, () => this.#failAppends()],
      [weights.grow, () => this.#grow()],
    ];
  }

  step(): void {
    let dice = this.random.below(this.#happenings.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, happen] of this.#happenings) {
      if (dice < weight) return happen();
      dice -= weight;
    }
  }

  protected abstract all(): Consumer[];
  protected abstract join(): void;
  protected abstract speak(consumer: Consumer): void;
  protected abstract commit(consumer: Consumer): void;
  protected abstract leave(consumer: Consumer): void;
  protected abstract crash(consumer: Consumer): void;
  protected abstract haunt(): void;
  /** The same while appends are held; the answer may be lost. */
  protected abstract speakInVain(consumer: Consumer): void;
  protected abstract onGrown(): void;

  protected pick<T>(from: readonly T[]): T | undefined {
    return from[this.random.below(Math.max(1, from.length))];
  }

  /** A few records behind where a consumer is. */
  protected furtherOn(position: number | undefined): number {
    return (position ?? 0) + 1 + this.random.below(5);
  }

  /** True when it was accepted, which it may not be of a member that is fenced. */
  protected tryToCommit(spec: CommitSpec & { readonly partition: number }, { mayNot }: { mayNot: boolean }): boolean {
    const { memberId, partition, offset } = spec;
    const told = commitOffset(this.#options.bench, spec);
    if (mayNot) this.mustBeRefused(spec, told);
    if (told !== 'NONE') return false;
    const before = this.committed[partition] ?? -1;
    assert(offset > before, () => `${memberId} commits ${offset} for ${partition} behind ${before}`);
    this.committed[partition] = offset;
    return true;
  }

  protected mustBeRefused({ memberId, partition }: CommitSpec, told: string): void {
    assert(this.#options.refusals.includes(told), () => `${memberId} is told ${told} for a commit of ${partition}`);
  }

  protected committedOffset(partition: number): number {
    const { bench, groupId } = this.#options;
    return Number(fetchOffset(bench, { groupId, partition }));
  }

  /** What all that is in the log makes of a core. */
  protected replayed(): GroupCore {
    const { log } = this.#options.bench;
    for (; this.#followed < log.length; this.#followed++) {
      const record = log[this.#followed];
      if (record !== undefined) this.#follower.load({ ...record, offset: this.#followed, producerId: -1 });
    }
    return this.#follower;
  }

  protected checkOffsets(): void {
    for (let partition = 0; partition < this.partitions; partition++) {
      const promised = this.committed[partition] ?? -1;
      const found = this.committedOffset(partition);
      assert(found === promised, () => `partition ${partition} is at ${found}, not at ${promised}`);
    }
  }

  /** Those who speak meanwhile are answered late, or told that their append was refused. */
  #failAppends(): void {
    const { bench } = this.#options;
    bench.holds = true;
    for (const consumer of this.all().slice(0, 1 + this.random.below(3))) this.speakInVain(consumer);
    if (this.random.below(2) === 0) bench.commit();
    else bench.fail(ErrorCode.NOT_ENOUGH_REPLICAS);
    bench.holds = false;
  }

  #grow(): void {
    const { bench, mostPartitions } = this.#options;
    if (this.partitions >= mostPartitions) return;
    bench.growTopic('t', ++this.partitions);
    this.onGrown();
  }
}

export function offsetsOf(core: GroupCore, groupId: string): unknown {
  return [...(core.offsets.ofGroup(groupId) ?? [])].map(([topic, of]) => [topic, new Map(of)]);
}
