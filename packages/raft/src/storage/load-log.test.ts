import { metadataTopicId, silentLogger, zeroUuid } from '@tidelog/core';
import { defaultLogConfig, LogStore, type PartitionLog } from '@tidelog/log';
import { expect, test } from 'vitest';
import { VoterSet } from '../core/voter-set.ts';
import { memoryWorld } from '../testing/node-fixture.ts';
import { encodeBatch } from './batch-codec.ts';
import { loadLog } from './load-log.ts';
import { SnapshotStore } from './snapshot-store.ts';

const topic = '__cluster_metadata';
const config = { ...defaultLogConfig, retentionMs: -1 };
const logDirs = [{ path: '/a', directoryId: zeroUuid }];

test.each([
  ['that is its end', [1, 1, 2, 2]],
  ['within it', [1, 1, 2, 2, 2, 3]],
])('a start of the log %s, which a killed process had not noted, is found by its epochs', async (_, epochs) => {
  const world = memoryWorld();
  const open = (): Promise<LogStore> =>
    LogStore.open({ world, logger: silentLogger, logDirs, config: { logDefaults: config } });
  const log = (await open()).create({ topic, topicId: metadataTopicId, partition: 0, config });
  for (const [offset, epoch] of epochs.entries()) append(log, offset, epoch);
  while (log.logEndOffset < epochs.length) await new Promise((resolve) => setTimeout(resolve, 1));
  await log.flush();
  const snapshots = new SnapshotStore(world, '/a/__cluster_metadata-0');
  const id = { offset: 4, epoch: 2 };
  await snapshots.create({ id, lastContainedLogTimestamp: 0, kraftVersion: 0, voters: VoterSet.none, records: [] });
  log.updateHighWatermark(4);
  log.incrementLogStartOffset(4, 'a snapshot holds what came before');
  await log.flush();
  world.disk.killProcess();

  const again = (await open()).get(topic, 0);
  if (again === undefined) throw new Error('no log');
  expect(again.logStartOffset).toBe(0);
  const { initial } = await loadLog({ log: again, snapshots, configuredVoters: VoterSet.none });
  expect(initial).toMatchObject({ startOffset: 4, endOffset: epochs.length, baseEpoch: 2 });
  expect(initial.epochs.map(({ epoch, startOffset }) => [epoch, startOffset])).toEqual(
    epochs.length === 4
      ? []
      : [
          [2, 4],
          [3, 5],
        ],
  );
});

function append(log: PartitionLog, offset: number, epoch: number): void {
  const payload = { kind: 'values', values: [Buffer.from('a')] } as const;
  const batch = encodeBatch({ baseOffset: offset, lastOffset: offset, epoch, controls: [], payload }, 0);
  log.append(batch, { origin: 'raft', leaderEpoch: epoch, wallNow: 0 });
}
