/**
 * Three brokers, one of which coordinates ten thousand groups with a member and ten committed offsets each: how much
 * its memory grows by them, and how soon after a SIGKILL the others answer for all of them. Once the coordinator's
 * broker is the active controller too, and once it is not.
 */
import { coordinatorPartition } from '@tidelog/core';
import { NetworkError } from '@tidelog/net';
import { ErrorCode, errorName, JoinGroup, Metadata, SyncGroup } from '@tidelog/protocol';
import type { Product } from '../../support/broker-process.ts';
import { atMost, figureOf, type Figure } from '../../support/figure.ts';
import { commitOffsets, fetchOffsets, findCoordinators } from '../../support/group-requests.ts';
import { inLanes } from '../../support/lanes.ts';
import { createReplicated, LiveCluster, type LiveNode } from '../../support/live-cluster.ts';
import type { PartContext } from '../../support/part.ts';
import { pause } from '../../support/pause.ts';
import { residentBytes } from '../../support/process-facts.ts';
import { products, Turns } from '../../support/products.ts';
import { scrape } from '../../support/scrape.ts';
import { part } from './subject.ts';

const groupCount = 10_000;
const topic = 'committed';
const partitions = Array.from({ length: 10 }, (_, partition) => partition);
const offsetsTopicPartitions = 50;
/** The longest that brokers allow by default: nobody beats while the groups are made. */
const sessionTimeoutMs = 1_800_000;
const settleMs = 5000;
const mebibyte = 1 << 20;

interface Sample extends Served {
  readonly residentMebibytes: number;
  readonly heapMebibytes: number;
}

export async function coordinatorFailover(context: PartContext): Promise<Figure[]> {
  const figures: Figure[] = [];
  const compared = products({ ...context, skip: () => undefined }, 'failover of a coordinator');
  for (const controllerToo of [false, true]) {
    const turns = new Turns<Sample>();
    for (let round = 0; round < Math.max(1, Math.ceil(context.rounds / 3)); round++) {
      for (const product of compared) {
        const sample = await measure(product, controllerToo);
        context.note(`${product.name}, 10,000 groups: ${JSON.stringify(sample)}`);
        turns.add(product.name, sample);
      }
    }
    figures.push(...figuresOf(controllerToo ? 'coordinator and controller' : 'coordinator', turns));
  }
  return figures;
}

function figuresOf(who: string, turns: Turns<Sample>): Figure[] {
  const grown = { part, unit: 'MiB', goals: atMost(250) };
  // The heap of a Java machine has the size it was given.
  const own = (of: (sample: Sample) => number): readonly number[] => turns.figures(of).values;
  return [
    figureOf({
      ...grown,
      name: `${who} of 10,000 groups: resident growth`,
      values: own((one) => one.residentMebibytes),
    }),
    figureOf({ ...grown, name: `${who} of 10,000 groups: heap growth`, values: own((one) => one.heapMebibytes) }),
    figureOf({
      part,
      name: `${who} of 10,000 groups killed: all served`,
      unit: 'ms',
      ...turns.figures((one) => one.servedMs),
      goals: atMost(2000),
    }),
  ];
}

async function measure(product: Product, controllerToo: boolean): Promise<Sample> {
  await using cluster = await LiveCluster.start(product, { 'group.initial.rebalance.delay.ms': 0 });
  await createReplicated(cluster.first.connection, topic, partitions.length);
  const { leaderId: controller } = await cluster.quorum();
  const leaders = await coordinators(cluster.first);
  const candidate = cluster.running.find(({ id }) => (id === controller) === controllerToo);
  if (candidate === undefined) throw new Error('no such broker');
  const names = groupsOf(candidate.id, leaders);
  await pause(settleMs);
  const before = await memory(cluster, candidate);
  await makeGroups(candidate, names);
  await pause(settleMs);
  const after = await memory(cluster, candidate);
  return {
    residentMebibytes: after.resident - before.resident,
    heapMebibytes: after.heap - before.heap,
    ...(await killAndWait(cluster, candidate, names)),
  };
}

/** Who leads each partition of `__consumer_offsets`, which the first question for a coordinator creates. */
async function coordinators({ connection }: LiveNode): Promise<ReadonlyMap<number, number>> {
  const request = { topics: [{ name: '__consumer_offsets' }], allowAutoTopicCreation: false };
  for (;;) {
    await findCoordinators(connection, ['warm']).catch(onlyNetworkErrors);
    const { topics } = await connection.send(Metadata, request, { version: 9 });
    const led = (topics[0]?.partitions ?? []).filter(({ leaderId }) => leaderId >= 0);
    if (led.length === offsetsTopicPartitions) {
      return new Map(led.map(({ partitionIndex, leaderId }) => [partitionIndex, leaderId]));
    }
    await pause(50);
  }
}

/** Names that hash to partitions which this broker leads. */
function groupsOf(broker: number, leaders: ReadonlyMap<number, number>): string[] {
  const names: string[] = [];
  for (let i = 0; names.length < groupCount; i++) {
    const name = `orders-service-${i}`;
    if (leaders.get(coordinatorPartition(name, offsetsTopicPartitions)) === broker) names.push(name);
  }
  return names;
}

async function memory(cluster: LiveCluster, { id, httpPort }: LiveNode) {
  const heap = cluster.name === 'tidelog' ? await scrape(httpPort, 'nodejs_heap_size_used_bytes') : 0;
  return { resident: residentBytes(cluster.pid(id)) / mebibyte, heap: heap / mebibyte };
}

async function makeGroups({ connection }: LiveNode, names: readonly string[]): Promise<void> {
  await inLanes({ count: names.length, lanes: 200 }, async (i) => {
    const group = names[i] ?? '';
    const member = await joinAlone(connection, group);
    const offsets = new Map(partitions.map((partition) => [partition, i]));
    await commitOffsets(connection, { group, topic, offsets, member });
  });
}

type LoneMember = { readonly memberId: string; readonly generation: number };

async function joinAlone(connection: LiveNode['connection'], groupId: string): Promise<LoneMember> {
  const request = {
    groupId,
    sessionTimeoutMs,
    rebalanceTimeoutMs: 300_000,
    memberId: '',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.alloc(40) }],
  };
  const joined = await connection.send(JoinGroup, request, { version: 3 });
  refuse(groupId, joined.errorCode);
  const { memberId, generationId } = joined;
  const assignments = [{ memberId, assignment: Buffer.alloc(80) }];
  const synced = await connection.send(SyncGroup, { groupId, generationId, memberId, assignments }, { version: 2 });
  refuse(groupId, synced.errorCode);
  return { memberId, generation: generationId };
}

function refuse(groupId: string, errorCode: number): void {
  if (errorCode !== ErrorCode.NONE) throw new Error(`the group ${groupId}: ${errorName(errorCode)}`);
}

interface Served {
  /** When the first group was. */
  readonly firstMs: number;
  readonly servedMs: number;
}

/** Milliseconds from the kill until each group's offsets came from the broker that the others name for it. */
async function killAndWait(cluster: LiveCluster, gone: LiveNode, names: readonly string[]): Promise<Served> {
  const offsets = new Map(names.map((name, i) => [name, i]));
  const from = performance.now();
  const killed = cluster.kill(gone.id);
  let firstMs = Infinity;
  while (offsets.size > 0) {
    if (performance.now() - from > 120_000) throw new Error(`${offsets.size} groups were not served in two minutes`);
    await serveSome(cluster, offsets).catch(onlyNetworkErrors);
    if (offsets.size < names.length) firstMs = Math.min(firstMs, performance.now() - from);
    if (offsets.size > 0) await pause(10);
  }
  const servedMs = performance.now() - from;
  await killed;
  return { firstMs: Math.round(firstMs), servedMs: Math.round(servedMs) };
}

function onlyNetworkErrors(error: unknown): void {
  if (!(error instanceof NetworkError)) throw error;
}

/** Takes away the groups whose offsets were answered, and rightly. */
async function serveSome(cluster: LiveCluster, waiting: Map<string, number>): Promise<void> {
  const found = await findCoordinators(cluster.first.connection, [...waiting.keys()].slice(0, 2000));
  for (const { id, connection } of cluster.running) {
    const own = [...found].filter(([, nodeId]) => nodeId === id).map(([group]) => ({ group, topic, partitions }));
    if (own.length === 0) continue;
    for (const [group, committed] of await fetchOffsets(connection, own)) {
      const expected = waiting.get(group);
      const isWhole = partitions.every((partition) => committed.get(partition) === expected);
      if (!isWhole) throw new Error(`${group} lost offsets`);
      waiting.delete(group);
    }
  }
}
