import { Chunks, createNodeWorld, type World } from '@tidelog/core';
import { defaultLogConfig, type PartitionLog } from '@tidelog/log';
import type { AnyMetadataRecord } from '@tidelog/metadata';
import { buildBatch } from '@tidelog/protocol';
import { afterEach, expect, test } from 'vitest';
import { pause, until } from './testing/client.ts';
import { LoneBroker } from './testing/lone-broker.ts';

const topicId = 'TTTTTTTTTTTTTTTTTTTTTQ';
let lone: LoneBroker;

afterEach(() => lone.stop());

test('a heartbeat says how far the metadata is applied, not how far it is read', async () => {
  const real = createNodeWorld();
  let lookMs = 0;
  let tookMs = 0;
  // Every look at the clock takes time, so that the work on one delta takes many turns.
  const clock = { wall: () => real.clock.wall(), monotonic: () => real.clock.monotonic() + (tookMs += lookMs) };
  const world: World = { ...real, clock };
  lone = await LoneBroker.start(world);
  const { heartbeats, broker } = lone;
  const whileAtWork: number[] = [];
  const leads = (): number => [...broker.replicas.all()].filter(({ role }) => role === 'leader').length;
  lone.answer = ({ currentMetadataOffset }) => {
    if (leads() < 40) whileAtWork.push(currentMetadataOffset);
    return {};
  };
  lookMs = 6;
  const offset = lone.commit({ type: 'topic', name: 'many', topicId }, ...partitions(40));
  await until(() => heartbeats.at(-1)?.currentMetadataOffset === offset, 'a heartbeat that says so');
  expect(leads()).toBe(40);
  expect(whileAtWork.length).toBeGreaterThan(0);
  expect(Math.max(...whileAtWork)).toBeLessThan(offset);
});

test('what is set dynamically for the cleaner reaches the cleaner', async () => {
  lone = await LoneBroker.start();
  const log = lone.store.create({ topic: 't', topicId, partition: 0, config: compacted });
  const filled = await fill(log);
  await until(() => sizeOf(log) < filled, 'the log to be compacted');
  // One segment after the other.
  for (let before = filled; before !== sizeOf(log); await pause(100)) before = sizeOf(log);
  lone.commit(rate('1'));
  const filledAgain = await fill(log);
  await pause(200);
  expect(sizeOf(log)).toBe(filledAgain);
});

function partitions(count: number): AnyMetadataRecord[] {
  return Array.from({ length: count }, (_, partitionId) => ({
    type: 'partition',
    topicId,
    partitionId,
    replicas: [1],
    directories: [],
    isr: [1],
    leader: 1,
    leaderEpoch: 0,
    partitionEpoch: 0,
    eligibleLeaderReplicas: [],
    lastKnownElr: [],
    addingReplicas: [],
    removingReplicas: [],
    leaderRecoveryState: 0,
  }));
}

const compacted = { ...defaultLogConfig, cleanupPolicy: ['compact' as const], segmentBytes: 400, fileDeleteDelayMs: 0 };

function rate(value: string): AnyMetadataRecord {
  const name = 'log.cleaner.io.max.bytes.per.second';
  return { type: 'config', resourceType: 4, resourceName: '', name, value };
}

function sizeOf(log: PartitionLog): number {
  return log.segments().reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0);
}

/** Appends what compaction would leave little of; gives the log's size. */
async function fill(log: PartitionLog): Promise<number> {
  for (let i = 0; i < 20; i++) {
    const records = [{ key: Buffer.from(`k${i % 2}`), value: Buffer.from(`v${i}`), timestamp: Date.now() }];
    const batch = Chunks.of(buildBatch({ records }));
    log.append(batch, { origin: 'client', leaderEpoch: 0, wallNow: Date.now() });
    await pause(1);
  }
  // On a slow disk the last ones are on their way.
  await log.flush();
  log.updateHighWatermark(log.logEndOffset);
  return sizeOf(log);
}
