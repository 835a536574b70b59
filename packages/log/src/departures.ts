/**
 * Moves the directories of logs that are deleted or set aside out of the way, and removes those of deleted ones, one at
 * a time and off the loop. A move for which there is no room, or no descriptor, is tried again: until it has succeeded
 * nobody else can have the log's name, and the other logs of the directory go on.
 */
import { DiskError } from '@tidelog/core';
import type { CleanPoints } from './compaction/clean-points.ts';
import type { LogContext } from './log-context.ts';
import { asOffline } from './log-directory.ts';
import type { LogOfflineError } from './log-offline-error.ts';
import type { LogState } from './log-state.ts';

/** Between two attempts while there is no room. */
const retryMs = 1000;

export class Departures {
  readonly #context: LogContext;
  readonly #points: CleanPoints;
  /** Names that are still taken. */
  readonly #unmoved = new Set<string>();
  #closed = false;

  constructor(context: LogContext, points: CleanPoints) {
    this.#context = context;
    this.#points = points;
  }

  /** Whether files of a log that is gone are still under this name. */
  holds(name: string): boolean {
    return this.#unmoved.has(name);
  }

  /** Moves the files at once where that can be done; resolves once it is durable. Rejects with LogOfflineError. */
  async move(state: LogState, path: string): Promise<void> {
    const { timers } = this.#context.world;
    this.#unmoved.add(state.name);
    try {
      for (let failed = await this.#tryTo(state, path); failed !== undefined; failed = await this.#tryTo(state, path)) {
        await new Promise<void>((resolve) => timers.after(retryMs, resolve));
        if (this.#closed || state.directory.offline !== undefined) throw failed;
      }
    } finally {
      this.#unmoved.delete(state.name);
    }
  }

  /** Removes the files of a deleted log; one that fails is left to the next start. */
  remove(path: string): void {
    const { world, logger, removals } = this.#context;
    void removals.run(async () => {
      try {
        await world.disk.removeDirectoryAsync(path);
      } catch (error) {
        logger.warn({ path, error: String(error) }, 'the files of a deleted log could not be removed');
      }
    });
  }

  /** Resolves once nothing is being removed any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#context.removals.run(() => Promise.resolve());
  }

  /** What has failed for lack of room. Throws LogOfflineError after any other failure. */
  async #tryTo({ name, path: from, directory }: LogState, to: string): Promise<LogOfflineError | undefined> {
    const { world, logger } = this.#context;
    try {
      if (this.#unmoved.has(name)) world.disk.rename(from, to);
      this.#unmoved.delete(name);
      this.#points.write(directory);
      await world.disk.syncDirectory(directory.path);
      return undefined;
    } catch (error) {
      const offline = asOffline(error, from);
      if (error instanceof DiskError && error.isLackOfRoom) {
        logger.warn({ path: from, code: error.code }, 'a log cannot be moved out of the way now; it is tried again');
        return offline;
      }
      directory.takeOffline(offline);
      throw offline;
    }
  }
}
