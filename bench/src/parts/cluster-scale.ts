/**
 * Ten thousand partitions with three replicas, as one topic and as a thousand: how long creating them takes, what the
 * loops were held for meanwhile, whether a controller was lost over it, what they cost at rest, and how long the
 * cluster is without leaders when the active controller, a broker that leads a third of them, is killed.
 */
import { CreateTopics, ErrorCode, errorName, ListOffsets, Metadata } from '@tidelog/protocol';
import { tidelog } from '../support/broker-process.ts';
import { figureOf, type Figure, type Goal } from '../support/figure.ts';
import { brokersSeen, LiveCluster, type LiveNode } from '../support/live-cluster.ts';
import type { Part } from '../support/part.ts';
import { pause } from '../support/pause.ts';
import { cpuSeconds, openFiles, residentBytes, waitedMs } from '../support/process-facts.ts';

const partitions = 10_000;
const shapes = [
  { name: '1 x 10,000', topics: 1 },
  { name: '1,000 x 10', topics: 1000 },
] as const;
const idleSeconds = 20;
/** What a node may hold open besides its partitions, and how much the defaults allow those. */
const openFilesAtMost = 4096 + 200;

export const clusterScale: Part = {
  name: 'cluster-scale',
  about: '10,000 partitions with three replicas: created, idle, controller killed',
  async run({ rounds }) {
    const figures: Figure[] = [];
    for (const shape of shapes) {
      const samples: Sample[] = [];
      for (let round = 0; round < Math.max(1, Math.ceil(rounds / 3)); round++)
        samples.push(await measure(shape.topics));
      figures.push(...figuresOf(shape.name, samples));
    }
    return figures;
  },
};

interface Sample {
  readonly createSeconds: number;
  readonly elections: number;
  readonly createHoldMs: number;
  readonly createWaitPercent: number;
  readonly idleCpuPercent: number;
  readonly openFiles: number;
  readonly residentMebibytes: number;
  readonly failoverMs: number;
  readonly servedMs: number;
  readonly failoverHoldMs: number;
}

async function measure(topicCount: number): Promise<Sample> {
  await using cluster = await LiveCluster.start(tidelog);
  const names = Array.from({ length: topicCount }, (_, i) => `scale-${String(i).padStart(4, '0')}`);
  await longestHold(cluster);
  const before = await cluster.quorum();
  const waitedBefore = cluster.running.map(({ id }) => waitedMs(cluster.pid(id)));
  const createSeconds = await create(cluster, names);
  const waited = cluster.running.map(({ id }, i) => waitedMs(cluster.pid(id)) - (waitedBefore[i] ?? 0));
  await pause(2000);
  const createHoldMs = await longestHold(cluster);
  const after = await cluster.quorum();
  const idle = await idleFacts(cluster);
  await longestHold(cluster);
  const failover = await killController(cluster, names);
  await pause(1000);
  return {
    createSeconds,
    elections: after.leaderEpoch - before.leaderEpoch,
    createHoldMs,
    createWaitPercent: Math.max(...waited) / createSeconds / 10,
    ...idle,
    ...failover,
    failoverHoldMs: await longestHold(cluster),
  };
}

function figuresOf(name: string, samples: readonly Sample[]): Figure[] {
  const atMost = (value: number): readonly Goal[] => [{ kind: 'atMost', value, of: 'figure' }];
  const figure = (what: string, unit: string, of: (sample: Sample) => number, goals: readonly Goal[] = []): Figure =>
    figureOf({ part: 'cluster-scale', name: `${name}: ${what}`, unit, values: samples.map(of), goals });
  return [
    figure('created and led', 's', (one) => one.createSeconds, atMost(30)),
    figure('controllers lost meanwhile', '', (one) => one.elections, atMost(0)),
    figure('longest gap of a loop meanwhile', 'ms', (one) => one.createHoldMs, atMost(40)),
    figure('a broker without a processor meanwhile', '%', (one) => one.createWaitPercent),
    figure('controller killed: leaders moved', 'ms', (one) => one.failoverMs, atMost(3000)),
    figure('controller killed: all served', 'ms', (one) => one.servedMs, atMost(3000)),
    figure('longest gap of a loop meanwhile', 'ms', (one) => one.failoverHoldMs),
    figure('idle CPU of a broker', '%', (one) => one.idleCpuPercent, atMost(5)),
    figure('open files of a broker', '', (one) => one.openFiles, atMost(openFilesAtMost)),
    figure('memory of a broker', 'MiB', (one) => one.residentMebibytes),
  ];
}

/** Until every broker leads, and follows, what it was given: each partition has its leader and its whole ISR. */
async function create(cluster: LiveCluster, names: readonly string[]): Promise<number> {
  const started = performance.now();
  const each = partitions / names.length;
  const topics = names.map((name) => ({
    name,
    numPartitions: each,
    replicationFactor: 3,
    assignments: [],
    configs: [],
  }));
  const request = { topics, timeoutMs: 60_000, validateOnly: false };
  const response = await cluster.first.connection.send(CreateTopics, request, { version: 5, timeoutMs: 60_000 });
  for (const { name, errorCode } of response.topics) {
    if (errorCode !== ErrorCode.NONE) throw new Error(`topic ${name}: ${errorName(errorCode)}`);
  }
  await untilServed(cluster, names, started + 120_000);
  return (performance.now() - started) / 1000;
}

/** Which partitions each broker leads, as one of them sees it; undefined while one has no leader. */
async function leaderships(at: LiveNode, names: readonly string[]): Promise<Led | undefined> {
  const request = { topics: names.map((name) => ({ name })), allowAutoTopicCreation: false };
  const { topics } = await at.connection.send(Metadata, request, { version: 9 });
  const led: Led = new Map();
  let count = 0;
  for (const { name, partitions: all } of topics) {
    for (const { partitionIndex, leaderId, errorCode } of all) {
      if (leaderId < 0 || errorCode !== ErrorCode.NONE) return undefined;
      const ofLeader = led.get(leaderId) ?? new Map<string, number[]>();
      led.set(leaderId, ofLeader);
      const ofTopic = ofLeader.get(name ?? '') ?? [];
      ofLeader.set(name ?? '', ofTopic);
      ofTopic.push(partitionIndex);
      count++;
    }
  }
  return count === partitions ? led : undefined;
}

type Led = Map<number, Map<string, number[]>>;

/** Every leader answers for every partition that the brokers say it leads. */
async function untilServed(cluster: LiveCluster, names: readonly string[], deadline: number): Promise<void> {
  const remaining = new Set(cluster.running);
  while (remaining.size > 0) {
    if (performance.now() > deadline) throw new Error('the partitions were not served in time');
    for (const node of remaining) {
      const led = await leaderships(node, names);
      if (led === undefined || [...led.keys()].some((id) => !cluster.running.some((one) => one.id === id))) continue;
      if (await servesAll(node, led.get(node.id) ?? new Map<string, number[]>())) remaining.delete(node);
    }
    if (remaining.size > 0) await pause(50);
  }
}

async function servesAll(node: LiveNode, led: ReadonlyMap<string, readonly number[]>): Promise<boolean> {
  const topics = [...led].map(([name, indexes]) => ({
    name,
    partitions: indexes.map((partitionIndex) => ({ partitionIndex, timestamp: -1 })),
  }));
  const request = { replicaId: -1, isolationLevel: 0, topics };
  const response = await node.connection.send(ListOffsets, request, { version: 7 });
  return response.topics.every(({ partitions: all }) => all.every(({ errorCode }) => errorCode === ErrorCode.NONE));
}

/** SIGKILL of the active controller: until the survivors see no broker where it was, and until all is served again. */
async function killController(
  cluster: LiveCluster,
  names: readonly string[],
): Promise<{ readonly failoverMs: number; readonly servedMs: number }> {
  const { leaderId } = await cluster.quorum();
  const started = performance.now();
  await cluster.kill(leaderId);
  for (const { connection } of cluster.running) {
    while ((await brokersSeen(connection)).includes(leaderId)) {
      if (performance.now() - started > 60_000) throw new Error(`node ${leaderId} was never fenced`);
      await pause(5);
    }
  }
  const failoverMs = performance.now() - started;
  await untilServed(cluster, names, started + 60_000);
  return { failoverMs, servedMs: performance.now() - started };
}

async function idleFacts(cluster: LiveCluster) {
  await pause(5000);
  const pids = cluster.running.map(({ id }) => cluster.pid(id));
  const before = pids.map(cpuSeconds);
  await pause(idleSeconds * 1000);
  const used = pids.map((pid, i) => cpuSeconds(pid) - (before[i] ?? 0));
  return {
    idleCpuPercent: (Math.max(...used) / idleSeconds) * 100,
    openFiles: Math.max(...pids.map(openFiles)),
    residentMebibytes: Math.max(...pids.map(residentBytes)) / (1 << 20),
  };
}

/**
 * The longest time between two ticks of a 10 ms timer since the last look, over all brokers: the tick itself and what
 * held the loop.
 */
async function longestHold(cluster: LiveCluster): Promise<number> {
  const texts = await Promise.all(
    cluster.running.map(async ({ httpPort }) => await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text()),
  );
  const holds = texts.map((text) => Number(/^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(text)?.[1] ?? Number.NaN));
  return Math.max(...holds) * 1000;
}
