/**
 * A hundred members join a group of their own over 300 partitions, all at once and one every ten milliseconds: the time
 * from the last join until each partition has its owner. Then one leaves, and only what it had may move.
 */
import type { BrokerProcess } from '../../support/broker-process.ts';
import { atMost, figureOf, type Figure } from '../../support/figure.ts';
import type { PartContext } from '../../support/part.ts';
import { Turns } from '../../support/products.ts';
import { TestGroup, type GroupKind } from '../../support/test-group.ts';
import { memberCount, part, topic } from './subject.ts';

interface Protocol {
  readonly kind: GroupKind;
  readonly name: string;
  /** Milliseconds within which the group must be at rest. */
  readonly inTime: number;
}

const protocols: readonly Protocol[] = [
  { kind: 'range', name: 'classic, range', inTime: 3000 },
  { kind: 'cooperative-sticky', name: 'classic, cooperative-sticky', inTime: 3000 },
  { kind: 'consumer', name: 'KIP-848', inTime: 1500 },
];

interface Sample {
  readonly atOnceMs: number;
  readonly inRowMs: number;
  readonly leftMs: number;
  readonly disturbed: number;
}

let groups = 0;

export async function groupJoins(brokers: readonly BrokerProcess[], context: PartContext): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const protocol of protocols) {
    const turns = new Turns<Sample>();
    for (let round = 0; round < context.rounds; round++) {
      for (const broker of brokers) {
        const sample = await measure(broker.port, protocol.kind);
        context.note(`${broker.name}, ${protocol.name}: ${JSON.stringify(sample)}`);
        turns.add(broker.name, sample);
      }
    }
    figures.push(...figuresOf(protocol, turns));
  }
  return figures;
}

function figuresOf({ kind, name, inTime }: Protocol, turns: Turns<Sample>): Figure[] {
  const joined = { part, unit: 'ms' };
  const goals = atMost(inTime);
  // Cooperative members that have something already rebalance twice, each time within a heartbeat's interval (3 s).
  const inRowGoals = kind === 'cooperative-sticky' ? [] : goals;
  const figures = [
    figureOf({ ...joined, goals, name: `${name}: 100 join at once`, ...turns.figures((one) => one.atOnceMs) }),
    figureOf({
      ...joined,
      goals: inRowGoals,
      name: `${name}: 100 join in a second`,
      ...turns.figures((one) => one.inRowMs),
    }),
  ];
  // An eager protocol takes everything from everybody.
  if (kind === 'range') return figures;
  const { values } = turns.figures((one) => one.disturbed);
  return [
    ...figures,
    figureOf({ part, name: `${name}: one leaves, others give up`, unit: 'partitions', values, goals: atMost(0) }),
    figureOf({ part, name: `${name}: one leaves, at rest`, unit: 'ms', ...turns.figures((one) => one.leftMs) }),
  ];
}

async function measure(port: number, kind: GroupKind): Promise<Sample> {
  const prepare = (): Promise<TestGroup> => {
    const groupId = `joins-${groups++}`;
    return TestGroup.prepare({
      kind,
      port,
      groupId,
      topic: topic.name,
      partitions: topic.partitions,
      size: memberCount,
    });
  };
  using atOnce = await prepare();
  const atOnceMs = Math.round(await atOnce.join(0));
  const { tookMs, disturbed } = await atOnce.leave();
  atOnce[Symbol.dispose]();
  using inRow = await prepare();
  const inRowMs = Math.round(await inRow.join(10));
  return { atOnceMs, inRowMs, leftMs: Math.round(tookMs), disturbed };
}
