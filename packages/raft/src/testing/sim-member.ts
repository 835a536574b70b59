/**
 * One simulated member: a pure core, and what its disk holds. Everything that is not synced may be gone after a crash.
 */
import { zeroUuid } from '@tidelog/core';
import type { EpochEntry, OffsetAndEpoch } from '../core/epoch-cache.ts';
import type { QuorumState } from '../core/events.ts';
import type { LogBatch } from '../core/log-batch.ts';
import type { InitialLog } from '../core/log-view.ts';
import type { CoreConfig } from '../core/member.ts';
import { RaftCore } from '../core/raft-core.ts';
import type { PeerAddress, ReplicaKey } from '../core/replica-key.ts';
import { VoterSet, type At } from '../core/voter-set.ts';

export interface SimSnapshot {
  readonly id: OffsetAndEpoch;
  readonly voters: VoterSet;
  readonly kraftVersion: number;
}

export interface SimMemberOptions {
  readonly id: number;
  readonly directoryId: string;
  readonly config: CoreConfig;
  readonly bootstrapServers: readonly PeerAddress[];
  /** The voters of the bootstrap snapshot. */
  readonly voters: VoterSet;
  readonly kraftVersion: number;
}

export class SimMember {
  readonly id: number;
  readonly options: SimMemberOptions;
  key: ReplicaKey;
  /** Undefined while it is down. */
  core: RaftCore | undefined;
  /** Raised at every crash, so that what was on its way to the dead comes to nothing. */
  life = 0;
  /** The number of the last restart of the log, so that syncs of what was cut come to nothing. */
  cuts = 0;
  /** It stays down until then: its disk is being replaced. */
  startsAt = 0;
  batches: LogBatch[] = [];
  syncedEnd = 0;
  startOffset = 0;
  quorumState: QuorumState | undefined;
  snapshots: SimSnapshot[] = [];
  partBytes = new Map<string, number>();

  constructor(options: SimMemberOptions) {
    this.options = options;
    this.id = options.id;
    this.key = { id: options.id, directoryId: options.directoryId };
    this.snapshots = [this.#bootstrap(options.voters)];
  }

  get endOffset(): number {
    const last = this.batches.at(-1);
    return last === undefined ? this.startOffset : last.lastOffset + 1;
  }

  start(seed: number): RaftCore {
    const { config, bootstrapServers, id } = this.options;
    this.core = new RaftCore({
      local: this.key,
      endpoints: [{ name: 'CONTROLLER', host: `n${id}`, port: 9093 }],
      canBeVoter: true,
      bootstrapServers: bootstrapServers.filter((server) => server.host !== `n${id}`),
      quorumState: this.quorumState,
      log: this.#initialLog(),
      config,
      seed,
    });
    return this.core;
  }

  /** Keeps what is synced and `kept` batches more. */
  crash(kept: number): void {
    const synced = this.batches.filter((batch) => batch.lastOffset < this.syncedEnd).length;
    this.batches = this.batches.slice(0, synced + kept);
    this.syncedEnd = this.endOffset;
    this.core = undefined;
    this.life++;
  }

  /**
   * The disk is replaced by an empty one: another replica from now on, as which it is no voter; a static voter remains
   * one.
   */
  replaceDisk(directoryId: string): void {
    this.key = { id: this.id, directoryId };
    this.batches = [];
    this.startOffset = 0;
    this.syncedEnd = 0;
    this.quorumState = undefined;
    const { voters, kraftVersion } = this.options;
    this.snapshots = [this.#bootstrap(kraftVersion === 0 ? voters : VoterSet.none)];
  }

  #bootstrap(voters: VoterSet): SimSnapshot {
    return { id: { offset: 0, epoch: 0 }, voters, kraftVersion: this.options.kraftVersion };
  }

  truncate(endOffset: number): void {
    this.batches = this.batches.filter((batch) => batch.lastOffset < endOffset);
    this.syncedEnd = Math.min(this.syncedEnd, this.endOffset);
    this.cuts++;
  }

  restartLog({ offset }: OffsetAndEpoch): void {
    this.batches = [];
    this.startOffset = offset;
    this.syncedEnd = offset;
    this.snapshots = this.snapshots.filter(({ id }) => id.offset >= offset);
    this.cuts++;
  }

  /** Drops everything below the newest snapshot. */
  clean(): number | undefined {
    const newest = this.snapshots.at(-1);
    if (newest === undefined || newest.id.offset <= this.startOffset) return undefined;
    this.startOffset = newest.id.offset;
    this.batches = this.batches.filter((batch) => batch.baseOffset >= newest.id.offset);
    this.snapshots = [newest];
    return newest.id.offset;
  }

  addSnapshot(snapshot: SimSnapshot): void {
    this.snapshots = [...this.snapshots.filter(({ id }) => id.offset !== snapshot.id.offset), snapshot].sort(
      (a, b) => a.id.offset - b.id.offset,
    );
  }

  #initialLog(): InitialLog {
    const newest = this.snapshots.at(-1);
    if (newest !== undefined && newest.id.offset > this.endOffset) this.restartLog(newest.id);
    const base = this.snapshots.find(({ id }) => id.offset === this.startOffset);
    const from = newest?.id.offset ?? 0;
    const voterSets: At<VoterSet>[] = [{ offset: from - 1, value: newest?.voters ?? VoterSet.none }];
    const kraftVersions: At<number>[] = [{ offset: from - 1, value: newest?.kraftVersion ?? 0 }];
    const epochs: EpochEntry[] = [];
    for (const { baseOffset, epoch, controls } of this.batches) {
      if (epochs.at(-1)?.epoch !== epoch) epochs.push({ epoch, startOffset: baseOffset });
      for (const control of controls) {
        if (control.offset < from) continue;
        if (control.kind === 'voters') voterSets.push({ offset: control.offset, value: control.voters });
        if (control.kind === 'kraftVersion') kraftVersions.push({ offset: control.offset, value: control.version });
      }
    }
    return {
      startOffset: this.startOffset,
      endOffset: this.endOffset,
      baseEpoch: base?.id.epoch ?? 0,
      epochs,
      snapshots: this.snapshots.map(({ id }) => id),
      voterSets,
      kraftVersions,
    };
  }
}

export function directoryIdOf(id: number, generation = 0): string {
  return `${zeroUuid.slice(0, 18)}${String(id).padStart(2, '0')}${String(generation).padStart(2, '0')}`;
}
