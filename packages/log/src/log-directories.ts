/**
 * The directories of a store (`log.dirs`): which are there, which have failed, and where a new log goes, which is the
 * one with the fewest. Owns no file of theirs.
 */
import { zeroUuid, type Logger, type Uuid, type World } from '@tidelog/core';
import { DirectoryHealth } from './log-context.ts';
import { LogOfflineError } from './log-offline-error.ts';
import type { DirectoryStatus, LogStoreOptions } from './store-types.ts';

export class LogDirectories {
  readonly all: readonly DirectoryHealth[];
  readonly #world: World;
  readonly #logger: Logger;
  readonly #unreadable: readonly DirectoryStatus[];
  readonly #offlineCallbacks: ((directory: DirectoryStatus) => void)[] = [];

  constructor({ world, logger, logDirs, unreadableDirs = [] }: LogStoreOptions) {
    this.#world = world;
    this.#logger = logger;
    this.all = logDirs.map((directory) => new DirectoryHealth(directory));
    const unreadable = { directoryId: zeroUuid, offline: true, totalBytes: -1, usableBytes: -1 };
    this.#unreadable = unreadableDirs.map((directory) => ({ ...unreadable, ...directory }));
    for (const health of this.all) health.onOffline = (error) => this.#onOffline(health, error);
  }

  statuses(): DirectoryStatus[] {
    return [...this.all.map((health) => this.#statusOf(health)), ...this.#unreadable];
  }

  onOffline(callback: (directory: DirectoryStatus) => void): void {
    this.#offlineCallbacks.push(callback);
  }

  /** The directory of that id, or the online one with the fewest logs. Throws LogOfflineError. */
  pick(directoryId: Uuid | undefined): DirectoryHealth {
    const online = this.all.filter(
      (health) =>
        health.offline === undefined &&
        (directoryId === undefined ? !health.onlyByName : health.directoryId === directoryId),
    );
    let best: DirectoryHealth | undefined;
    for (const health of online) if (best === undefined || health.logCount < best.logCount) best = health;
    if (best !== undefined) return best;
    const wanted = directoryId === undefined ? 'any log directory' : `log directory ${directoryId}`;
    throw new LogOfflineError(`${wanted} is offline or unknown`, { path: this.all[0]?.path ?? '' });
  }

  #statusOf(health: DirectoryHealth): DirectoryStatus {
    const { path, directoryId, offline } = health;
    if (offline !== undefined) {
      return { path, directoryId, offline: true, error: offline.message, totalBytes: -1, usableBytes: -1 };
    }
    const { total, usable } = this.#world.disk.freeBytes(path);
    return { path, directoryId, offline: false, totalBytes: total, usableBytes: usable };
  }

  #onOffline(health: DirectoryHealth, error: LogOfflineError): void {
    this.#logger.error({ directory: health.path, path: error.path }, `log directory offline: ${error.message}`);
    for (const callback of this.#offlineCallbacks) callback(this.#statusOf(health));
  }
}
