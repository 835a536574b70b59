/**
 * Offset commits a second: two hundred groups, each with a connection of its own and one commit of one partition under
 * way, as consumers are. What was committed last is read back.
 */
import { connectTo } from '../../support/client.ts';
import type { BrokerProcess } from '../../support/broker-process.ts';
import { figureOf, type Figure } from '../../support/figure.ts';
import { commitOffsets, fetchOffsets, untilCoordinated } from '../../support/group-requests.ts';
import { inLanes } from '../../support/lanes.ts';
import type { PartContext } from '../../support/part.ts';
import { cpuSeconds } from '../../support/process-facts.ts';
import { Turns } from '../../support/products.ts';
import { part, topic } from './subject.ts';

const groupCount = 200;
const commits = 100_000;

interface Sample {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

export async function groupCommits(brokers: readonly BrokerProcess[], context: PartContext): Promise<Figure[]> {
  const turns = new Turns<Sample>();
  // The first round warms both up.
  for (let round = -1; round < context.rounds; round++) {
    for (const broker of brokers) {
      const sample = await measure(broker);
      context.note(`${broker.name}: ${Math.round(sample.perSecond)} commits/s`);
      if (round >= 0) turns.add(broker.name, sample);
    }
  }
  const name = 'offset commits, 200 groups';
  return [
    figureOf({
      part,
      name,
      unit: 'commits/s',
      ...turns.figures((one) => one.perSecond),
      goals: [{ kind: 'atLeast', value: 20_000, of: 'figure' }],
    }),
    figureOf({ part, name: `${name}: broker CPU`, unit: 'us', ...turns.figures((one) => one.cpuMicros) }),
  ];
}

async function measure(broker: BrokerProcess): Promise<Sample> {
  const connections = Array.from({ length: groupCount }, () => connectTo(broker.port));
  const [first] = connections;
  if (first === undefined) throw new Error('no connection');
  await untilCoordinated(first, groupOf(0));
  await Promise.all(connections.map((connection) => connection.versions()));
  const last = new Map<number, number>();
  const before = cpuSeconds(broker.pid);
  const from = performance.now();
  await inLanes({ count: commits, lanes: groupCount }, async (offset, lane) => {
    const connection = connections[lane];
    if (connection === undefined) throw new Error(`no connection ${lane}`);
    await commitOffsets(connection, { group: groupOf(lane), topic: topic.name, offsets: new Map([[0, offset]]) });
    last.set(lane, offset);
  });
  const seconds = (performance.now() - from) / 1000;
  const cpu = cpuSeconds(broker.pid) - before;
  const queries = Array.from(last.keys(), (lane) => ({ group: groupOf(lane), topic: topic.name, partitions: [0] }));
  const read = await fetchOffsets(first, queries);
  for (const [lane, offset] of last) {
    const committed = read.get(groupOf(lane))?.get(0);
    if (committed !== offset) throw new Error(`${groupOf(lane)} has ${committed}, not ${offset}`);
  }
  for (const connection of connections) connection.close();
  return { perSecond: commits / seconds, cpuMicros: (cpu / commits) * 1e6 };
}

const groupOf = (lane: number): string => `commits-${lane}`;
