/**
 * Finds the logs of a directory and opens them: one after the other after a clean stop (they cost a few file names
 * each), several at a time where they have to be scanned, always giving the loop a turn in between.
 */
import { zeroUuid, type World } from '@tidelog/core';
import { decodePartitionMetadata } from './core/checkpoint-text.ts';
import type { LogConfig } from './core/log-config.ts';
import {
  isDeletedDirectory,
  parsePartitionDirectory,
  partitionDirectoryName,
  partitionMetadataFileName,
  type TopicPartition,
} from './core/segment-names.ts';
import type { DirectoryHealth, LogContext } from './log-context.ts';
import { readIfThere, type DirectoryFacts } from './log-directory.ts';
import { loadLog } from './log-loader.ts';
import { LogState } from './log-state.ts';

/** How long the loop is held at most between two pauses, in milliseconds. */
const sliceMs = 10;

export interface LoadDirectory {
  readonly context: LogContext;
  readonly health: DirectoryHealth;
  readonly facts: DirectoryFacts;
  readonly configFor: (topic: string) => LogConfig;
  readonly concurrency: number;
}

/** Opens every log of the directory. Throws DiskError when the directory fails. */
export async function loadLogs(load: LoadDirectory): Promise<LogState[]> {
  const { context, health, facts } = load;
  const { disk } = context.world;
  const clean = facts.cleanBrokerEpoch !== undefined;
  const found: TopicPartition[] = [];
  for (const name of disk.list(health.path)) {
    const log = parsePartitionDirectory(name);
    if (log !== undefined) found.push(log);
    else if (isDeletedDirectory(name)) await disk.removeDirectoryAsync(`${health.path}/${name}`);
  }
  const loaded: LogState[] = [];
  const next = found.values();
  const worker = async (): Promise<void> => {
    let since = context.world.clock.monotonic();
    for (const log of next) {
      loaded.push(await loadOne(load, log));
      if (context.world.clock.monotonic() - since < sliceMs) continue;
      await pause(context.world);
      since = context.world.clock.monotonic();
    }
  };
  const workers = clean ? 1 : Math.max(1, load.concurrency);
  await Promise.all(Array.from({ length: workers }, worker));
  return loaded;
}

async function loadOne(load: LoadDirectory, log: TopicPartition): Promise<LogState> {
  const { context, health, facts } = load;
  const name = partitionDirectoryName(log);
  const metadata = readIfThere(context.world.disk, `${health.path}/${name}/${partitionMetadataFileName}`);
  const topicId = decodePartitionMetadata(metadata ?? '') ?? zeroUuid;
  const state = new LogState({ ...log, topicId }, load.configFor(log.topic), context, health);
  await loadLog(state, {
    clean: facts.cleanBrokerEpoch !== undefined,
    recoveryPoint: facts.recoveryPoints.get(name),
    logStartOffset: facts.logStarts.get(name),
    highWatermark: facts.highWatermarks.get(name),
  });
  // Nobody knows whether the process before synced it, and without its topic id a log is a stray.
  state.metadataUnsynced = metadata !== undefined;
  const cleanPoint = facts.cleanPoints.get(name);
  if (cleanPoint !== undefined) state.cleanPoint = Math.min(cleanPoint, state.logEndOffset);
  return state;
}

/** Lets everything else that is due have its turn. */
export function pause(world: World): Promise<void> {
  return new Promise((resolve) => {
    world.timers.after(0, resolve);
  });
}
