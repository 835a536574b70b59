/**
 * One partition on several replicas as a model: real PartitionCores over logs that are lists, a controller that
 * decides by epochs, and metadata that reaches each replica late. A seed chooses what happens next; nothing else is
 * random.
 */
import { must, SeededRandom } from '@tidelog/core';
import { ErrorCode } from '@tidelog/protocol';
import { PartitionCore } from '../replication/core/partition-core.ts';
import type {
  IsrAnswer,
  IsrProposal,
  PartitionAssignment,
  PartitionEffect,
  PartitionInput,
} from '../replication/core/partition-events.ts';
import { planTruncation, type EpochEnd } from '../replication/core/truncation.ts';

interface Entry {
  readonly epoch: number;
  readonly value: number;
}

/** A log as a list, with the epoch rules of LeaderEpochFileCache. */
export class ModelLog {
  entries: Entry[] = [];
  highWatermark = 0;

  get logEndOffset(): number {
    return this.entries.length;
  }

  get latestEpoch(): number {
    return this.entries[this.entries.length - 1]?.epoch ?? -1;
  }

  endOffsetForEpoch(epoch: number): EpochEnd {
    if (epoch === this.latestEpoch) return { epoch, endOffset: this.logEndOffset };
    const next = this.entries.findIndex((entry) => entry.epoch > epoch);
    if (next === -1) return { epoch: -1, endOffset: -1 };
    return { epoch: next === 0 ? epoch : must(this.entries[next - 1]).epoch, endOffset: next };
  }
}

export class ModelReplica {
  readonly id: number;
  readonly log = new ModelLog();
  readonly core: PartitionCore;
  /** Assignments that were decided and have not reached this replica. */
  readonly inbox: PartitionAssignment[] = [];
  readonly #model: PartitionModel;

  constructor(id: number, model: PartitionModel, minInsyncReplicas: number) {
    this.id = id;
    this.#model = model;
    const brokers = { isEligible: () => true, isAlive: () => true, epochOf: () => -1, rackOf: () => undefined };
    const timing = { replicaLagTimeMaxMs: 100, minInsyncReplicas };
    this.core = new PartitionCore({ localId: id, localEpoch: () => -1, mayLead: () => true, brokers, ...timing });
  }

  step(input: PartitionInput): void {
    const out: PartitionEffect[] = [];
    this.core.step(input, this.#model.now, out);
    for (const effect of out) {
      if (effect.type === 'release') effect.waiter.onAcknowledged(effect.error);
      else if (effect.type === 'alterIsr') this.#model.proposals.push({ replica: this, proposal: effect.proposal });
      else if (effect.type === 'advanceHighWatermark') this.log.highWatermark = effect.highWatermark;
    }
  }

  learn(): void {
    const assignment = this.inbox.shift();
    if (assignment === undefined) return;
    const { logEndOffset, highWatermark } = this.log;
    this.step({ type: 'assigned', assignment, log: { logStartOffset: 0, logEndOffset, highWatermark } });
  }

  append(value: number): void {
    if (this.core.checkAppend(-1) !== ErrorCode.NONE) return;
    const offset = this.log.entries.push({ epoch: this.core.leaderEpoch, value }) - 1;
    const waiter = {
      settled: false,
      onAcknowledged: (error: ErrorCode) => {
        if (error === ErrorCode.NONE) this.#model.acknowledged.set(offset, value);
      },
    };
    this.step({ type: 'parked', requiredOffset: offset + 1, acks: -1, waiter });
    this.step({ type: 'appended', logEndOffset: this.log.logEndOffset });
  }

  /** One fetch from the replica that this one takes for the leader. */
  fetch(): void {
    const assignment = this.core.assignment;
    if (this.core.role !== 'follower' || assignment === undefined) return;
    const leader = this.#model.replica(assignment.leader);
    if (leader.core.role !== 'leader' || leader.core.checkEpoch(assignment.leaderEpoch) !== ErrorCode.NONE) return;
    const { log } = this;
    if (log.latestEpoch >= 0) {
      const end = leader.log.endOffsetForEpoch(log.latestEpoch);
      if (end.epoch < log.latestEpoch || end.endOffset < log.logEndOffset) {
        log.entries.length = planTruncation(end, log);
        log.highWatermark = Math.min(log.highWatermark, log.entries.length);
        return;
      }
    }
    const offset = log.logEndOffset;
    leader.step({ type: 'fetched', fetch: { replicaId: this.id, replicaEpoch: -1, offset, logStartOffset: 0 } });
    log.entries.push(...leader.log.entries.slice(offset, offset + 1 + this.#model.random.below(3)));
    log.highWatermark = Math.max(log.highWatermark, Math.min(leader.log.highWatermark, log.logEndOffset));
  }
}

export class PartitionModel {
  readonly random: SeededRandom;
  readonly replicas: readonly ModelReplica[];
  /** By offset: what a producer was told is committed. */
  readonly acknowledged = new Map<number, number>();
  readonly proposals: { readonly replica: ModelReplica; readonly proposal: IsrProposal }[] = [];
  now = 0;
  /** The controller's truth. */
  decided: PartitionAssignment;
  #nextValue = 1;

  constructor(seed: number, { replicas, minInsyncReplicas }: { replicas: number; minInsyncReplicas: number }) {
    this.random = new SeededRandom(seed);
    const ids = Array.from({ length: replicas }, (_, index) => index + 1);
    this.replicas = ids.map((id) => new ModelReplica(id, this, minInsyncReplicas));
    this.decided = { leader: 1, leaderEpoch: 0, partitionEpoch: 0, replicas: ids, isr: ids, recovering: false };
    this.#publish(this.decided);
  }

  replica(id: number): ModelReplica {
    return must(this.replicas[id - 1]);
  }

  step(): void {
    const replica = this.replica(1 + this.random.below(this.replicas.length));
    const roll = this.random.below(100);
    this.now += this.random.below(4);
    if (roll < 30) replica.fetch();
    else if (roll < 55) replica.append(this.#nextValue++);
    else if (roll < 75) replica.learn();
    else if (roll < 90) this.#answerProposal();
    else if (roll < 97) replica.step({ type: 'tick' });
    else if (roll < 98) this.now += 150;
    else this.#elect();
  }

  /** Everything arrives: metadata, answers and fetches, until nothing changes any more. */
  settle(): void {
    for (let round = 0; round < 60; round++) {
      this.now += 10;
      for (const replica of this.replicas) {
        while (replica.inbox.length > 0) replica.learn();
        replica.fetch();
        replica.step({ type: 'tick' });
      }
      while (this.proposals.length > 0) this.#answerProposal();
    }
  }

  /** The current leader fails, as the controller sees it: a member of the ISR takes over. */
  #elect(): void {
    const { isr, leader, leaderEpoch, partitionEpoch } = this.decided;
    const candidates = isr.filter((id) => id !== leader);
    const next = candidates[this.random.below(Math.max(1, candidates.length))];
    if (next === undefined) return;
    const epochs = { leaderEpoch: leaderEpoch + 1, partitionEpoch: partitionEpoch + 1 };
    this.#publish({ ...this.decided, ...epochs, leader: next, isr: candidates });
  }

  #answerProposal(): void {
    const pending = this.proposals.shift();
    if (pending === undefined) return;
    const { replica, proposal } = pending;
    let error: number = ErrorCode.NONE;
    if (proposal.leaderEpoch !== this.decided.leaderEpoch) error = ErrorCode.FENCED_LEADER_EPOCH;
    else if (proposal.partitionEpoch !== this.decided.partitionEpoch) error = ErrorCode.INVALID_UPDATE_VERSION;
    else if (this.random.below(4) === 0) error = ErrorCode.INELIGIBLE_REPLICA;
    else {
      const isr = proposal.isr.map((member) => member.brokerId);
      this.#publish({ ...this.decided, isr, partitionEpoch: this.decided.partitionEpoch + 1 });
    }
    const { leaderEpoch, partitionEpoch, isr } = this.decided;
    const answer: IsrAnswer = { proposal, error, leaderEpoch, partitionEpoch, isr, recovering: false };
    // One in three answers is lost: then the metadata has to do.
    if (this.random.below(3) > 0 || error !== ErrorCode.NONE) replica.step({ type: 'isrAnswered', answer });
  }

  #publish(assignment: PartitionAssignment): void {
    this.decided = assignment;
    for (const replica of this.replicas) replica.inbox.push(assignment);
  }
}
