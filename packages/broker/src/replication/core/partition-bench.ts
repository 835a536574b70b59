/**
 * Drives one PartitionCore in tests and renders what it wants done as text:
 * `written, hw 10, NONE` is an acks=1 release, an advance of the high watermark to 10 and an acks=all release.
 */
import { unreachable } from '@tidelog/core';
import { errorName, ErrorCode } from '@tidelog/protocol';
import { PartitionCore } from './partition-core.ts';
import type {
  IsrAnswer,
  IsrProposal,
  LogPosition,
  PartitionAssignment,
  PartitionEffect,
  PartitionInput,
} from './partition-events.ts';

export interface BenchOptions {
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  readonly recovering?: boolean;
  readonly minInsyncReplicas?: number;
  readonly lagMs?: number;
  readonly log?: Partial<LogPosition>;
}

export class PartitionBench {
  readonly core: PartitionCore;
  readonly fenced = new Set<number>();
  readonly epochs = new Map<number, number>();
  readonly racks = new Map<number, string>();
  mayLead = true;
  #assignment: PartitionAssignment;
  #log: LogPosition;
  #now = 1000;
  #proposal: IsrProposal | undefined;

  constructor({ replicas, isr, recovering = false, minInsyncReplicas = 1, lagMs = 30_000, log }: BenchOptions) {
    this.core = new PartitionCore({
      localId: 1,
      localEpoch: () => 100,
      mayLead: () => this.mayLead,
      brokers: {
        isEligible: (id) => !this.fenced.has(id),
        isAlive: (id) => !this.fenced.has(id),
        epochOf: (id) => this.epochs.get(id) ?? -1,
        rackOf: (id) => this.racks.get(id),
      },
      replicaLagTimeMaxMs: lagMs,
      minInsyncReplicas,
    });
    this.#assignment = { leader: 1, leaderEpoch: 5, partitionEpoch: 3, replicas, isr, recovering };
    this.#log = { logStartOffset: 0, logEndOffset: 0, highWatermark: 0, ...log };
    this.step({ type: 'assigned', assignment: this.#assignment, log: this.#log });
  }

  step(input: PartitionInput): string {
    const out: PartitionEffect[] = [];
    this.core.step(input, this.#now, out);
    return out.map((effect) => this.#render(effect)).join(', ');
  }

  /** Appends up to an offset: an acks=all (or 1) request parks, then the write is done. */
  append(logEndOffset: number, { acks = -1 }: { readonly acks?: 1 | -1 } = {}): string {
    const waiter = { settled: false, onAcknowledged: () => undefined };
    const parked = this.step({ type: 'parked', requiredOffset: logEndOffset, acks, waiter });
    this.#log = { ...this.#log, logEndOffset };
    return ['written', parked, this.step({ type: 'appended', logEndOffset })].filter((text) => text !== '').join(', ');
  }

  fetch(
    replicaId: number,
    offset: number,
    {
      replicaEpoch = -1,
      logStartOffset = 0,
    }: { readonly replicaEpoch?: number; readonly logStartOffset?: number } = {},
  ): string {
    return this.step({ type: 'fetched', fetch: { replicaId, replicaEpoch, offset, logStartOffset } });
  }

  assign(change: Partial<PartitionAssignment>): string {
    this.#assignment = { ...this.#assignment, ...change };
    return this.step({ type: 'assigned', assignment: this.#assignment, log: this.#log });
  }

  /** The controller answers the newest proposal. */
  answerIsr({ error = ErrorCode.NONE }: { readonly error?: number } = {}): string {
    const proposal = this.#proposal;
    if (proposal === undefined) throw new Error('nothing was proposed');
    const answer: IsrAnswer = {
      proposal,
      error,
      leaderEpoch: proposal.leaderEpoch,
      partitionEpoch: proposal.partitionEpoch + 1,
      isr: proposal.isr.map((member) => member.brokerId),
      recovering: proposal.recovering,
    };
    return this.step({ type: 'isrAnswered', answer });
  }

  parkDelete(offset: number): string {
    return this.step({ type: 'deleteParked', offset, waiter: { settled: false, onLowWatermark: () => undefined } });
  }

  wait(ms: number): void {
    this.#now += ms;
  }

  tick(): string {
    return this.step({ type: 'tick' });
  }

  #render(effect: PartitionEffect): string {
    switch (effect.type) {
      case 'becomeLeader':
        return `lead ${effect.leaderEpoch} from ${effect.epochStartOffset}`;
      case 'becomeFollower':
        return `follow ${effect.leaderId} in ${effect.leaderEpoch}`;
      case 'goOffline':
        return 'offline';
      case 'advanceHighWatermark':
        return `hw ${effect.highWatermark}`;
      case 'alterIsr':
        this.#proposal = effect.proposal;
        return `alter isr [${effect.proposal.isr.map((member) => member.brokerId).join(',')}]`;
      case 'release':
        return errorName(effect.error);
      case 'releaseDelete':
        return `deleted to ${effect.lowWatermark}`;
      default:
        return unreachable(effect);
    }
  }
}
