/**
 * What a heartbeat costs the broker when nothing happens: a hundred members at rest, each on its own connection, beat
 * at a steady pace together. The processor time is that of the whole process, idle work included.
 */
import type { BrokerProcess } from '../../support/broker-process.ts';
import { atMost, figureOf, type Figure } from '../../support/figure.ts';
import type { PartContext } from '../../support/part.ts';
import { pause } from '../../support/pause.ts';
import { cpuSeconds } from '../../support/process-facts.ts';
import { Turns } from '../../support/products.ts';
import { TestGroup, type GroupKind } from '../../support/test-group.ts';
import { memberCount, part, topic } from './subject.ts';

const perSecond = 5000;
const warmSeconds = 2;
const seconds = 8;
const kinds: readonly { readonly kind: GroupKind; readonly name: string }[] = [
  { kind: 'range', name: 'classic' },
  { kind: 'consumer', name: 'KIP-848' },
];

export async function groupHeartbeats(brokers: readonly BrokerProcess[], context: PartContext): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const { kind, name } of kinds) {
    const turns = new Turns<number>();
    for (let round = 0; round < context.rounds; round++) {
      for (const broker of brokers) {
        const micros = await measure(broker, kind, `beats-${kind}-${round}`);
        context.note(`${broker.name}: ${micros.toFixed(1)} us for a ${name} heartbeat`);
        turns.add(broker.name, micros);
      }
    }
    const what = `${name}: broker CPU of a heartbeat`;
    figures.push(figureOf({ part, name: what, unit: 'us', ...turns.figures((micros) => micros), goals: atMost(30) }));
  }
  return figures;
}

async function measure(broker: BrokerProcess, kind: GroupKind, groupId: string): Promise<number> {
  const options = { kind, port: broker.port, groupId, topic: topic.name, partitions: topic.partitions };
  using group = await TestGroup.prepare({ ...options, size: memberCount });
  await group.join(0);
  group.stop();
  await beatFor(group, warmSeconds);
  const before = cpuSeconds(broker.pid);
  const beats = await beatFor(group, seconds);
  return ((cpuSeconds(broker.pid) - before) * 1e6) / beats;
}

/** Spreads the beats over the members and the time; resolves with how many were answered. */
async function beatFor({ members }: TestGroup, forSeconds: number): Promise<number> {
  const answers: Promise<void>[] = [];
  const from = performance.now();
  for (let sent = 0; sent < forSeconds * perSecond; await pause(1)) {
    const due = ((performance.now() - from) / 1000) * perSecond;
    for (; sent < due; sent++) {
      const member = members[sent % members.length];
      if (member !== undefined) answers.push(member.beat());
    }
  }
  await Promise.all(answers);
  return answers.length;
}
