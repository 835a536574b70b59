/**
 * When a snapshot is due, how one is written, and what it makes superfluous: older snapshots and the log below them go
 * when metadata.max.retention.* says so, never past the newest snapshot (KIP-630).
 */
import type { Logger, World } from '@tidelog/core';
import type { PartitionLog } from '@tidelog/log';
import { batchesOf } from '@tidelog/protocol';
import type { OffsetAndEpoch } from './core/epoch-cache.ts';
import type { RaftInput } from './core/events.ts';
import type { RaftCore } from './core/raft-core.ts';
import type { Delivery } from './delivery.ts';
import type { RaftConfig } from './raft-config.ts';
import type { SnapshotStore } from './storage/snapshot-store.ts';

const cleanIntervalMs = 60_000;

export interface SnapshotKeeperOptions {
  readonly world: World;
  readonly logger: Logger;
  readonly log: PartitionLog;
  readonly core: RaftCore;
  readonly snapshots: SnapshotStore;
  readonly delivery: Delivery;
  readonly config: RaftConfig;
  readonly step: (input: RaftInput) => void;
  /** Bytes of the log behind the newest snapshot, at start. */
  readonly bytesSinceSnapshot: number;
}

export class SnapshotKeeper {
  readonly #options: SnapshotKeeperOptions;
  #bytesSinceSnapshot: number;
  #snapshotAt: number;
  #isAskedFor = false;
  #isWriting = false;
  #cleanedAt: number;

  constructor(options: SnapshotKeeperOptions) {
    this.#options = options;
    this.#bytesSinceSnapshot = options.bytesSinceSnapshot;
    this.#snapshotAt = options.world.clock.monotonic();
    this.#cleanedAt = this.#snapshotAt;
  }

  onAppended(sizeInBytes: number): void {
    this.#bytesSinceSnapshot += sizeInBytes;
  }

  /** The log begins anew behind a fetched snapshot. */
  onRestarted(id: OffsetAndEpoch): void {
    const { snapshots } = this.#options;
    for (const other of snapshots.load()) if (other.offset < id.offset) snapshots.remove(other);
    this.#restartCount();
  }

  onCommitted(): void {
    const { config, delivery, world } = this.#options;
    const now = world.clock.monotonic();
    if (now - this.#cleanedAt >= cleanIntervalMs) this.#clean();
    if (this.#isAskedFor || this.#bytesSinceSnapshot === 0) return;
    const bySize = this.#bytesSinceSnapshot >= config.maxBytesBetweenSnapshots;
    const byAge = config.maxSnapshotIntervalMs > 0 && now - this.#snapshotAt >= config.maxSnapshotIntervalMs;
    if (!bySize && !byAge) return;
    this.#isAskedFor = true;
    delivery.onSnapshotDue({ reason: bySize ? 'size' : 'age', committedBytes: this.#bytesSinceSnapshot });
  }

  /** False when there is a snapshot of that offset or a later one already, or one is being written. */
  async create(id: OffsetAndEpoch, records: Iterable<Buffer>): Promise<boolean> {
    const { core, snapshots, step, logger } = this.#options;
    const { log } = core;
    const latest = log.latestSnapshot;
    if (this.#isWriting || (latest !== undefined && latest.offset >= id.offset)) return false;
    if (
      id.offset > log.highWatermark ||
      id.offset <= log.startOffset ||
      log.epochs.epochAt(id.offset - 1) !== id.epoch
    ) {
      throw new RangeError(`no snapshot at ${id.offset} in epoch ${id.epoch}: that is not what the log committed`);
    }
    this.#isWriting = true;
    try {
      const voters = log.voterSets.before(id.offset).value;
      const kraftVersion = log.kraftVersions.before(id.offset).value;
      const lastContainedLogTimestamp = await this.#timestampBefore(id.offset);
      await snapshots.create({ id, lastContainedLogTimestamp, kraftVersion, voters, records });
    } finally {
      this.#isWriting = false;
      this.#isAskedFor = false;
    }
    step({ kind: 'snapshotCreated', id });
    logger.info({ offset: id.offset, epoch: id.epoch, sizeInBytes: snapshots.sizeOf(id) }, 'wrote a metadata snapshot');
    this.#restartCount();
    this.#clean();
    return true;
  }

  #restartCount(): void {
    this.#bytesSinceSnapshot = 0;
    this.#snapshotAt = this.#options.world.clock.monotonic();
    this.#isAskedFor = false;
  }

  async #timestampBefore(offset: number): Promise<number> {
    const range = { offset: offset - 1, maxBytes: 1, minOneBatch: true, upTo: offset };
    const outcome = await this.#options.log.read(range);
    if (outcome.kind !== 'data') return -1;
    for (const { header } of batchesOf(outcome.records)) return header.maxTimestamp;
    return -1;
  }

  /** Takes the oldest snapshot and the log up to the next one away while they are too many bytes or too old. */
  #clean(): void {
    const { core, log, snapshots, config, world, step, logger } = this.#options;
    this.#cleanedAt = world.clock.monotonic();
    for (;;) {
      const [oldest, next] = core.log.snapshots;
      if (oldest === undefined || next === undefined) return;
      const bytes = log.sizeInBytes + core.log.snapshots.reduce((sum, id) => sum + snapshots.sizeOf(id), 0);
      const ageMs = world.clock.wall() - snapshots.modifiedMs(oldest);
      const tooLarge = config.retentionBytes >= 0 && bytes > config.retentionBytes;
      const tooOld = config.retentionMs >= 0 && ageMs > config.retentionMs;
      if (!tooLarge && !tooOld) return;
      const reason = tooLarge ? 'metadata.max.retention.bytes' : 'metadata.max.retention.ms';
      step({ kind: 'logCleaned', startOffset: next.offset });
      log.incrementLogStartOffset(next.offset, reason);
      snapshots.remove(oldest);
      logger.info({ logStartOffset: next.offset, reason }, 'removed the metadata log up to a snapshot');
    }
  }
}
