/**
 * Makes written data durable, off the loop, one sync of a log under way at a time: what is written meanwhile joins the
 * next one (group commit). Owns the recovery point. A sync that fails is never repeated: after it nobody knows what the
 * disk holds, so the directory goes offline.
 */
import { DiskError } from '@tidelog/core';
import type { LogOfflineError } from './log-offline-error.ts';
import { partitionMetadataFileName } from './core/segment-names.ts';
import { offlineBecause } from './log-context.ts';
import type { LogState } from './log-state.ts';
import { snapshotPath, takeSnapshot, writeSnapshot } from './producer-files.ts';
import type { Segment } from './segment.ts';

/** Between two attempts while there is no room. */
const retryMs = 1000;

export interface SyncEvents {
  /** Everything below is on stable storage. */
  synced(offset: number): void;
  failed(error: LogOfflineError): void;
}

export class LogSyncer {
  readonly #state: LogState;
  readonly #events: SyncEvents;
  #dirty = new Set<Segment>();
  /** Files were made whose names are not durable yet. */
  #newFiles = true;
  #running = false;
  /** Set while a sync itself has failed: its error is final, whatever it is. */
  #syncFailed = false;
  #noRoom: DiskError | undefined;
  #retryWaits = false;
  #underWay: Promise<void> = Promise.resolve();

  constructor(state: LogState, events: SyncEvents) {
    this.#state = state;
    this.#events = events;
    // After an unclean stop the page cache may hold what the disk does not.
    const { segments, recoveryPoint, logEndOffset, recovered } = state;
    segments.forEach((segment, index) => {
      const end = segments[index + 1]?.baseOffset ?? logEndOffset;
      if (end > recoveryPoint || (recovered && segment === segments.at(-1))) this.#dirty.add(segment);
    });
  }

  onWritten(segments: ReadonlySet<Segment>): void {
    for (const segment of segments) this.#dirty.add(segment);
  }

  onNewFiles(): void {
    this.#newFiles = true;
  }

  /** Starts a sync of all that is written, or has it follow the one that is under way. */
  request(): Promise<void> {
    if (!this.#running) {
      this.#running = true;
      this.#underWay = this.#run();
    }
    return this.#underWay;
  }

  /** Resolves once everything written before the call is durable; throws LogOfflineError. */
  async flush(): Promise<void> {
    const target = this.#state.logEndOffset;
    do await this.request();
    while (this.#mayReach(target));
    const { offline } = this.#state;
    if (offline !== undefined) throw offline;
    if (this.#noRoom !== undefined) throw offlineBecause(this.#noRoom, 'making room to sync');
  }

  async #run(): Promise<void> {
    const state = this.#state;
    try {
      while (state.recoveryPoint < state.logEndOffset || this.#dirty.size > 0) {
        const { logEndOffset: target, truncations } = state;
        await this.#syncDirty();
        if (state.gone) return;
        if (truncations !== state.truncations) continue;
        state.recoveryPoint = Math.max(state.recoveryPoint, Math.min(target, state.logEndOffset));
        this.#events.synced(target);
      }
    } catch (error) {
      if (state.gone) return;
      if (!(error instanceof DiskError)) throw error;
      if (!this.#syncFailed && error.isLackOfRoom) {
        // An index could not be written: nothing is lost, and the next sync tries again.
        this.#noRoom = error;
        state.context.logger.warn({ log: state.name, path: error.path, code: error.code }, 'no room to sync');
        this.#tryAgainLater();
        return;
      }
      const offline = offlineBecause(error, 'syncing');
      state.directory.takeOffline(offline);
      this.#events.failed(offline);
    } finally {
      this.#running = false;
    }
  }

  async #syncDirty(): Promise<void> {
    const state = this.#state;
    const dirty = this.#dirty;
    this.#dirty = new Set();
    this.#noRoom = undefined;
    try {
      for (const segment of dirty) {
        if (state.segments.includes(segment)) await this.#syncSegment(segment);
      }
      if (state.metadataUnsynced) await this.#syncMetadata();
      if (await state.epochFile.sync()) this.#newFiles = true;
      if (this.#newFiles) await this.#syncNames();
    } catch (error) {
      for (const segment of dirty) this.#dirty.add(segment);
      throw error;
    }
  }

  async #syncNames(): Promise<void> {
    this.#newFiles = false;
    try {
      await this.#syncDirectory(this.#state.path);
    } catch (error) {
      this.#newFiles = true;
      throw error;
    }
  }

  /** Whoever waits for an acknowledgement is answered once there is room again. */
  #tryAgainLater(): void {
    if (this.#retryWaits) return;
    this.#retryWaits = true;
    this.#state.context.world.timers.after(retryMs, () => {
      this.#retryWaits = false;
      if (!this.#state.gone && this.#state.offline === undefined) void this.request();
    });
  }

  async #syncSegment(segment: Segment): Promise<void> {
    const { segments, context } = this.#state;
    context.stats.syncs++;
    await this.#syncFile(segment.path);
    const next = segments[segments.indexOf(segment) + 1];
    if (next !== undefined) await this.#syncDerived(segment, next.baseOffset);
  }

  #syncFile(path: string): Promise<void> {
    return this.#state.context.handles.use(path, 'write', async (file) => {
      try {
        await file.sync();
      } catch (error) {
        this.#syncFailed = true;
        throw error;
      }
    });
  }

  async #syncDirectory(path: string): Promise<void> {
    try {
      await this.#state.context.world.disk.syncDirectory(path);
    } catch (error) {
      // Without a descriptor nothing was tried yet.
      if (!(error instanceof DiskError) || error.code !== 'EMFILE') this.#syncFailed = true;
      throw error;
    }
  }

  /** Whether it is any use to try and sync up to an offset. */
  #mayReach(offset: number): boolean {
    const { recoveryPoint, logEndOffset, offline, gone } = this.#state;
    return recoveryPoint < Math.min(offset, logEndOffset) && offline === undefined && !gone && !this.#noRoom;
  }

  async #syncMetadata(): Promise<void> {
    const { context, path } = this.#state;
    const metadata = `${path}/${partitionMetadataFileName}`;
    await this.#syncFile(metadata);
    context.handles.forget(metadata);
    await this.#syncDirectory(this.#state.directory.path);
    this.#state.metadataUnsynced = false;
  }

  /** After the last flush: everything that a restart reads instead of scanning. */
  async finish(): Promise<void> {
    const state = this.#state;
    const { active, logEndOffset } = state;
    try {
      writeSnapshot(state, logEndOffset, takeSnapshot(state));
      active.seal();
      await this.#syncDerived(active, logEndOffset);
      await state.epochFile.sync();
      await state.context.world.disk.syncDirectory(state.path);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      const offline = offlineBecause(error, 'syncing');
      state.directory.takeOffline(offline);
      throw offline;
    }
  }

  /** The indexes of a segment that is complete, and the snapshot of producers that was taken at its end. */
  async #syncDerived(segment: Segment, endOffset: number): Promise<void> {
    const { handles, world } = this.#state.context;
    segment.spillIndexes({ sync: false });
    for (const path of [...segment.paths().slice(1), snapshotPath(this.#state, endOffset)]) {
      if (world.disk.stat(path) === undefined) continue;
      await this.#syncFile(path);
      handles.forget(path);
    }
    this.#newFiles = true;
  }
}
