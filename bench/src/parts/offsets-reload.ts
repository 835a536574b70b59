/**
 * A partition of `__consumer_offsets` with a million keys, ten thousand groups with a hundred partitions each, is
 * loaded by its coordinator: from the spawn of a broker that was stopped in good order until it answers for the first
 * group and the last. Starting the process is part of it.
 */
import type { Connection } from '@tidelog/net';
import { BrokerProcess, type Product } from '../support/broker-process.ts';
import { connectTo, createTopics, firstAcknowledgedRecord } from '../support/client.ts';
import { atMost, figureOf } from '../support/figure.ts';
import { commitOffsets, fetchOffsets, untilCoordinated } from '../support/group-requests.ts';
import { inLanes } from '../support/lanes.ts';
import type { Part } from '../support/part.ts';
import { pause } from '../support/pause.ts';
import { products, Turns } from '../support/products.ts';

const groupCount = 10_000;
const partitionsPerGroup = 100;
const partitionsPerCommit = 10;
const topic = 'reloaded';

export const offsetsReload: Part = {
  name: 'offsets-reload',
  about: 'a coordinator loads a million committed offsets',
  async run(context) {
    const turns = new Turns<number>();
    for (const product of products(context, 'a million committed offsets')) {
      for (const tookMs of await measure(product, context.rounds)) {
        context.note(`${product.name}: served after ${Math.round(tookMs)} ms`);
        turns.add(product.name, tookMs);
      }
    }
    return [
      figureOf({
        part: 'offsets-reload',
        name: 'a million keys: spawn to served',
        unit: 'ms',
        ...turns.figures((tookMs) => tookMs),
        goals: atMost(3000),
      }),
    ];
  },
};

async function measure(product: Product, rounds: number): Promise<number[]> {
  await using broker = await BrokerProcess.prepare(product, { 'offsets.topic.num.partitions': 1 });
  broker.spawn();
  const connection = connectTo(broker.port);
  await firstAcknowledgedRecord(connection, 'warm');
  await createTopics(connection, [{ name: topic, partitions: partitionsPerGroup }]);
  await untilCoordinated(connection, groupOf(0));
  await commitAll(broker.port);
  connection.close();
  const took: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await broker.stop();
    took.push(await startAndWait(broker));
  }
  return took;
}

async function commitAll(port: number): Promise<void> {
  const connections = Array.from({ length: 20 }, () => connectTo(port));
  const perGroup = partitionsPerGroup / partitionsPerCommit;
  await inLanes({ count: groupCount * perGroup, lanes: 200 }, async (i, lane) => {
    const connection = connections[lane % connections.length];
    if (connection === undefined) throw new Error('no connection');
    const first = (i % perGroup) * partitionsPerCommit;
    const group = Math.floor(i / perGroup);
    const offsets = new Map(Array.from({ length: partitionsPerCommit }, (_, at) => [first + at, group] as const));
    await commitOffsets(connection, { group: groupOf(group), topic, offsets });
  });
  for (const connection of connections) connection.close();
}

async function startAndWait(broker: BrokerProcess): Promise<number> {
  const connection = connectTo(broker.port);
  const from = performance.now();
  broker.spawn();
  try {
    while (!(await isServed(connection))) {
      if (performance.now() - from > 120_000) throw new Error('the offsets were not loaded within two minutes');
      await pause(5);
    }
    return performance.now() - from;
  } finally {
    connection.close();
  }
}

async function isServed(connection: Connection): Promise<boolean> {
  const partitions = Array.from({ length: partitionsPerGroup }, (_, partition) => partition);
  const wanted = [0, groupCount - 1];
  const queries = wanted.map((group) => ({ group: groupOf(group), topic, partitions }));
  const served = await fetchOffsets(connection, queries).catch(() => new Map<string, ReadonlyMap<number, number>>());
  if (served.size < wanted.length) return false;
  const isWhole = wanted.every((group) => {
    const offsets = served.get(groupOf(group));
    return partitions.every((partition) => offsets?.get(partition) === group);
  });
  if (!isWhole) throw new Error('committed offsets were lost');
  return true;
}

const groupOf = (i: number): string => `reload-${String(i).padStart(5, '0')}`;
