/** What the logs of a store have to checkpoint, brought to the files of each directory. */
import type { Logger, World } from '@tidelog/core';
import { CheckpointFiles, type DirectoryCheckpoints } from './checkpoint-files.ts';
import type { CleanPoints } from './compaction/clean-points.ts';
import type { CheckpointEntry } from './core/checkpoint-text.ts';
import type { DirectoryHealth } from './log-context.ts';
import type { LogState } from './log-state.ts';

export interface CheckpointsOptions {
  readonly world: World;
  readonly logger: Logger;
  readonly points: CleanPoints;
  readonly directories: readonly DirectoryHealth[];
  readonly logs: () => Iterable<LogState>;
}

export class Checkpoints {
  readonly #options: CheckpointsOptions;
  readonly #files: ReadonlyMap<DirectoryHealth, CheckpointFiles>;
  #underWay: Promise<void> | undefined;
  #closed = false;

  constructor(options: CheckpointsOptions) {
    const { world, directories } = options;
    this.#options = options;
    this.#files = new Map(directories.map((health) => [health, new CheckpointFiles(world.disk, health.path)]));
  }

  /** Those of all directories, off the loop; joins what is under way. */
  write(): Promise<void> {
    this.#underWay ??= this.#writeAll().finally(() => (this.#underWay = undefined));
    return this.#underWay;
  }

  /** On the loop; false when they are not all written. */
  writeNow(health: DirectoryHealth): boolean {
    try {
      this.#files.get(health)?.writeNow(this.#checkpointsOf(health));
      this.#options.points.write(health);
      health.leftovers.clear();
      return true;
    } catch (error) {
      this.#onFailed(health, error);
      return false;
    }
  }

  /** Resolves when nothing is written off the loop any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#underWay;
  }

  async #writeAll(): Promise<void> {
    for (const [health, files] of this.#files) {
      if (health.offline !== undefined || this.#closed) continue;
      const gone = [...health.leftovers];
      try {
        if (!(await files.write(this.#checkpointsOf(health)))) continue;
        this.#options.points.write(health);
        for (const name of gone) health.leftovers.delete(name);
      } catch (error) {
        this.#onFailed(health, error);
      }
    }
  }

  #checkpointsOf(health: DirectoryHealth): DirectoryCheckpoints {
    const recoveryPoints: CheckpointEntry[] = [];
    const highWatermarks: CheckpointEntry[] = [];
    const logStarts: CheckpointEntry[] = [];
    for (const state of this.#options.logs()) {
      if (state.directory !== health) continue;
      const { topic, partition } = state.identity;
      recoveryPoints.push({ topic, partition, offset: state.recoveryPoint });
      highWatermarks.push({ topic, partition, offset: state.highWatermark });
      const first = state.segments[0]?.baseOffset ?? 0;
      if (state.logStartOffset > first) logStarts.push({ topic, partition, offset: state.logStartOffset });
    }
    return { recoveryPoints, highWatermarks, logStarts };
  }

  #onFailed({ path }: DirectoryHealth, error: unknown): void {
    this.#options.logger.error({ directory: path, error: String(error) }, 'checkpoints could not be written');
  }
}
