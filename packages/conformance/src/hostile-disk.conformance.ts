/**
 * What runs out and what breaks below a real broker process: file descriptors, the disk, a bit of a file. Nothing that
 * was acknowledged is lost, the rest goes on, and what ran out needs no restart to be used again (failure-modes 2.1).
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chunks, must } from '@tidelog/core';
import {
  batchesOf,
  buildBatch,
  CreateTopics,
  ElectLeaders,
  ErrorCode,
  errorName,
  Fetch,
  Metadata,
  Produce,
  recordsOf,
} from '@tidelog/protocol';
import { expect, test } from 'vitest';
import { Neighbour } from './support/neighbour.ts';
import { RawClient, sleep } from './support/raw-client.ts';
import { TidelogCluster, type TidelogProcess } from './support/tidelog-process.ts';
import { suspiciousLines } from './support/watch.ts';

/** For what every client tries again: a leader that has many partitions to make refuses at first. */
const patiently = { timeout: 20_000, interval: 50 };

class Topic {
  readonly #client: RawClient;
  readonly #id: string;
  readonly acknowledged = new Map<number, string>();

  private constructor(client: RawClient, id: string) {
    this.#client = client;
    this.#id = id;
  }

  static async create(client: RawClient, name: string, numPartitions = 1): Promise<Topic> {
    const spec = { name, numPartitions, replicationFactor: 1, assignments: [], configs: [] };
    await client.ask(CreateTopics, 7, { topics: [spec], timeoutMs: 20_000 });
    const topic = await Topic.of(client, name);
    await expect.poll(() => topic.read(), patiently).toEqual(new Map());
    return topic;
  }

  static async of(client: RawClient, name: string): Promise<Topic> {
    const metadata = await client.ask(Metadata, 13, { topics: [{ name }], allowAutoTopicCreation: false });
    return new Topic(client, must(metadata?.topics[0]).topicId);
  }

  async produce(value: string, partition = 0): Promise<number> {
    const batch = buildBatch({ records: [{ key: null, value: Buffer.from(value), timestamp: Date.now() }] });
    const topicData = [{ topicId: this.#id, partitionData: [{ index: partition, records: Chunks.of(batch) }] }];
    const answer = await this.#client.ask(Produce, 13, { transactionalId: null, acks: -1, timeoutMs: 5000, topicData });
    const response = must(answer?.responses[0]?.partitionResponses[0]);
    if (response.errorCode === ErrorCode.NONE && partition === 0) this.acknowledged.set(response.baseOffset, value);
    return response.errorCode;
  }

  /** All records of partition 0 by offset, or the error. */
  async read(): Promise<Map<number, string> | string> {
    const found = new Map<number, string>();
    for (let next = 0; ;) {
      const partitions = [{ partition: 0, fetchOffset: next, partitionMaxBytes: 1 << 20 }];
      const answer = await this.#client.ask(Fetch, 16, {
        maxWaitMs: 100,
        minBytes: 1,
        sessionEpoch: -1,
        topics: [{ topicId: this.#id, partitions }],
        forgottenTopicsData: [],
      });
      const part = must(answer?.responses[0]?.partitions[0]);
      if (part.errorCode !== ErrorCode.NONE) return errorName(part.errorCode);
      const before = next;
      for (const batch of batchesOf(part.records ?? Chunks.empty)) {
        for (const { offset, value } of recordsOf(batch.bytes)) found.set(offset, value?.toString() ?? '');
        next = batch.header.nextOffset;
      }
      if (next === before) return found;
    }
  }
}

test('256 file descriptors: connections beyond them wait or fail, topics beyond them work, all recovers', async () => {
  await using cluster = await TidelogCluster.start({ brokers: 1 });
  const node = cluster.node(1);
  await node.signal('SIGTERM');
  node.spawn({ maxFiles: 256 });
  await node.ready();
  const neighbour = new Neighbour(node.port);
  await neighbour.served();
  const client = new RawClient(node.port);
  const topic = await Topic.create(client, 'many', 200);
  for (let partition = 0; partition < 200; partition++) {
    await expect.poll(() => topic.produce(`value ${partition}`, partition), patiently).toBe(ErrorCode.NONE);
  }
  const crowd = Array.from({ length: 400 }, () => new RawClient(node.port));
  await sleep(2000);
  for (let partition = 0; partition < 200; partition += 10) {
    await expect.poll(() => topic.produce(`again ${partition}`, partition), patiently).toBe(ErrorCode.NONE);
  }
  for (const one of crowd) one.destroy();
  await sleep(500);
  const late = new RawClient(node.port);
  await expect(Topic.of(late, 'many')).resolves.toBeDefined();
  const report = await neighbour.end();
  expect(report.failures).toEqual([]);
  expect(await topic.read()).toEqual(topic.acknowledged);
  expect(suspiciousLines(node.output())).toEqual([]);
  expect(node.isRunning).toBe(true);
});

const canMount = process.getuid?.() === 0 && process.platform === 'linux' && mountWorks();
if (!canMount) console.log('the test of a full disk is skipped: only root may mount a small tmpfs');

function mountWorks(): boolean {
  const probe = mkdtempSync(join(tmpdir(), 'tidelog-mount-'));
  const works = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', probe]).status === 0;
  if (works) spawnSync('umount', [probe]);
  rmSync(probe, { recursive: true, force: true });
  return works;
}

test.skipIf(!canMount)('a full disk: KAFKA_STORAGE_ERROR, nothing lost, and on again when there is space', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tidelog-full-'));
  const data = join(directory, 'node-1', 'data');
  mkdirSync(data, { recursive: true });
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=40m', 'tmpfs', data]);
  const cluster = await TidelogCluster.start({ brokers: 1, directory });
  const node = cluster.node(1);
  try {
    const ballast = join(directory, 'node-1', 'data', 'ballast.tmp');
    writeFileSync(ballast, Buffer.alloc(16 * 1024 * 1024));
    const client = new RawClient(node.port);
    const topic = await Topic.create(client, 'full');
    const value = 'x'.repeat(500_000);
    let error: number = ErrorCode.NONE;
    for (let i = 0; i < 200 && error === ErrorCode.NONE; i++) error = await topic.produce(`${i} ${value}`);
    expect(errorName(error)).toBe('KAFKA_STORAGE_ERROR');
    expect(node.isRunning).toBe(true);
    expect(await topic.read()).toEqual(topic.acknowledged);
    rmSync(ballast);
    await expect.poll(() => topic.produce('there is space again'), patiently).toBe(ErrorCode.NONE);
    expect(await topic.read()).toEqual(topic.acknowledged);
    await node.signal('SIGKILL');
    node.spawn();
    await node.ready();
    const after = await Topic.of(new RawClient(node.port), 'full');
    expect(await after.read()).toEqual(topic.acknowledged);
  } finally {
    await node.signal('SIGKILL');
    spawnSync('umount', ['-l', data]);
    await cluster[Symbol.asyncDispose]();
  }
});

test('a bit that flips below the recovery point takes its partition offline, and says where', async () => {
  await using cluster = await TidelogCluster.start({ brokers: 1 });
  const node = cluster.node(1);
  const client = new RawClient(node.port);
  const [spoilt, sound] = [await Topic.create(client, 'spoilt'), await Topic.create(client, 'sound')];
  for (let i = 0; i < 50; i++) {
    await spoilt.produce(`spoilt ${i}`);
    await sound.produce(`sound ${i}`);
  }
  // A clean stop moves the recovery point to the end; the unclean one after it makes the next start look.
  await node.signal('SIGTERM');
  await restart(node);
  await node.signal('SIGKILL');
  const file = join(node.dataDirectory, 'spoilt-0', '00000000000000000000.log');
  flipBit(file, 1000);
  await restart(node);
  const again = new RawClient(node.port);
  const damaged = await Topic.of(again, 'spoilt');
  expect(await damaged.read()).toMatch(/KAFKA_STORAGE_ERROR|NOT_LEADER_OR_FOLLOWER|LEADER_NOT_AVAILABLE/);
  expect(await damaged.produce('no')).not.toBe(ErrorCode.NONE);
  expect(await (await Topic.of(again, 'sound')).read()).toEqual(sound.acknowledged);
  expect(node.output()).toMatch(/spoilt-0\/00000000000000000000\.log is damaged at byte \d+, below the recovery point/);
  flipBit(file, 1000);
  await node.signal('SIGKILL');
  await restart(node);
  // The only replica was given up as damaged: that it is whole again is the operator's word (tidelog leader-election).
  const operator = new RawClient(node.port);
  const topicPartitions = [{ topic: 'spoilt', partitions: [0] }];
  await operator.ask(ElectLeaders, 2, { electionType: 1, topicPartitions, timeoutMs: 10_000 });
  const healed = await Topic.of(operator, 'spoilt');
  await expect.poll(() => healed.read(), patiently).toEqual(spoilt.acknowledged);
});

async function restart(node: TidelogProcess): Promise<void> {
  node.spawn();
  await node.ready();
}

function flipBit(path: string, position: number): void {
  const file = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, position);
  byte[0] = (byte[0] ?? 0) ^ 4;
  writeSync(file, byte, 0, 1, position);
  closeSync(file);
}
