/**
 * The well-behaved client beside the hostile ones, a process of its own so that their work does not slow it: it
 * produces numbered records with acks=all and reads each of them back, until its standard input ends. It prints one
 * line when it has been served for the first time, and one of JSON at the end: how many rounds, how long they took, and
 * what went wrong.
 */
import { createNodeWorld, Chunks, silentLogger } from '@tidelog/core';
import { Connection } from '@tidelog/net';
import {
  batchesOf,
  buildBatch,
  CreateTopics,
  ErrorCode,
  errorName,
  Fetch,
  Metadata,
  Produce,
  recordsOf,
} from '@tidelog/protocol';

const [port = '', topic = 'neighbour'] = process.argv.slice(2);
const connection = new Connection({
  world: createNodeWorld(),
  host: '127.0.0.1',
  port: Number(port),
  clientId: 'neighbour',
  logger: silentLogger,
});
const perRound = 5;
const failures: string[] = [];
const times: number[] = [];
const work = { stopping: false };
const pause = (ms: number): Promise<void> => new Promise((done) => void setTimeout(done, ms));
let topicId = '';
let next = 0;
/** A leader that has many partitions to make at once refuses at first, and every client tries again. */
let startsUntil = performance.now() + 20_000;

process.stdin.on('end', () => (work.stopping = true)).resume();

async function produce(): Promise<void> {
  const values = Array.from({ length: perRound }, (_, i) => Buffer.from(`value ${next + i}`));
  const records = values.map((value) => ({ key: null, value, timestamp: Date.now() }));
  const partitions = [{ index: 0, records: Chunks.of(buildBatch({ records })) }];
  const request = {
    transactionalId: null,
    acks: -1,
    timeoutMs: 30_000,
    topicData: [{ topicId, partitionData: partitions }],
  };
  const { responses } = await connection.send(Produce, {
    ...request,
    topicData: [{ name: topic, topicId, partitionData: partitions }],
  });
  const [answer] = responses[0]?.partitionResponses ?? [];
  if (answer?.errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER && performance.now() < startsUntil) {
    await pause(20);
    return await produce();
  }
  startsUntil = 0;
  if (answer?.errorCode !== 0) throw new Error(`produce: ${errorName(answer?.errorCode ?? -1)}`);
  if (answer.baseOffset !== next) throw new Error(`produced at ${answer.baseOffset}, not ${next}`);
}

async function readBack(): Promise<void> {
  const partitions = [{ partition: 0, fetchOffset: next, partitionMaxBytes: 65_536 }];
  const { errorCode, responses } = await connection.send(Fetch, {
    replicaId: -1,
    maxWaitMs: 5000,
    minBytes: 1,
    maxBytes: 1 << 20,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [{ topic, topicId, partitions }],
    forgottenTopicsData: [],
  });
  const part = responses[0]?.partitions[0];
  if (errorCode !== 0 || part?.errorCode !== 0) {
    throw new Error(`fetch: ${errorName(errorCode)}, ${errorName(part?.errorCode ?? -1)}`);
  }
  for (const batch of batchesOf(part.records ?? Chunks.empty)) {
    for (const { offset, value } of recordsOf(batch.bytes)) {
      if (offset < next) continue;
      if (offset !== next || value?.toString() !== `value ${next}`)
        throw new Error(`offset ${offset}: ${String(value)}`);
      next++;
    }
  }
}

async function round(): Promise<void> {
  const start = performance.now();
  const wanted = next + perRound;
  await produce();
  while (next < wanted) await readBack();
  times.push(performance.now() - start);
}

async function main(): Promise<void> {
  const spec = { name: topic, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
  await connection.send(CreateTopics, { topics: [spec], timeoutMs: 10_000 });
  const { topics } = await connection.send(Metadata, { topics: [{ name: topic }], allowAutoTopicCreation: false });
  topicId = topics[0]?.topicId ?? '';
  while (!work.stopping && failures.length === 0) {
    await round().catch((error: unknown) => failures.push(`round ${times.length}: ${String(error)}`));
    if (times.length === 1) process.stdout.write('served\n');
    await pause(5);
  }
  times.sort((a, b) => a - b);
  const at = (part: number): number => Math.round(times[Math.floor(times.length * part)] ?? 0);
  const report = { rounds: times.length, records: next, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(0.9999), failures };
  process.stdout.write(`${JSON.stringify(report)}\n`);
  connection.close();
  process.exit(0);
}

await main();
