/** Fencing a broker that leads more than one decision may move: in parts, and whole in the end. */
import { expect, it } from 'vitest';
import { CoreHarness } from '../../testing/core-harness.ts';
import { decideFenceStaleBroker } from './fence-stale-brokers.ts';

const partitions = 1200;

function silentLeader(): CoreHarness {
  const harness = new CoreHarness();
  harness.bringUp([1, 2, 3]);
  harness.createTopic('many', { numPartitions: partitions, replicationFactor: 3 });
  harness.now += harness.config.brokerSessionTimeoutMs;
  harness.heartbeat(2);
  harness.heartbeat(3);
  return harness;
}

/** Partitions of a topic that the broker leads or is in sync with. */
function heldBy(harness: CoreHarness, topic: string, brokerId: number): number {
  const all = harness.state.image.topics.get(topic)?.partitions.values() ?? [];
  return Array.from(all).filter(({ isr, leader }) => leader === brokerId || isr.includes(brokerId)).length;
}

it('fences a broker with the last part of what it leaves, not before', () => {
  const harness = silentLeader();
  const parts: [records: number, fenced: boolean | undefined][] = [];
  for (;;) {
    const stale = decideFenceStaleBroker(harness.context);
    if (stale === undefined) break;
    harness.apply(stale.records);
    parts.push([stale.records.length, harness.state.image.cluster.broker(1)?.fenced]);
    expect(stale.unfinished).toBe(parts.length < 3);
  }
  expect(parts).toEqual([
    [500, false],
    [500, false],
    [201, true],
  ]);
  expect(heldBy(harness, 'many', 1)).toBe(0);
});

it('also leaves the partitions that it was given between two parts', () => {
  const harness = silentLeader();
  const first = decideFenceStaleBroker(harness.context);
  harness.apply(first?.records ?? []);
  harness.createTopic('later', { numPartitions: 30, replicationFactor: 3 });
  expect(heldBy(harness, 'later', 1)).toBe(30);
  harness.silence(1);
  expect(harness.state.image.cluster.broker(1)?.fenced).toBe(true);
  expect([heldBy(harness, 'many', 1), heldBy(harness, 'later', 1)]).toEqual([0, 0]);
});

it('spares a broker that is heard of between two parts', () => {
  const harness = silentLeader();
  harness.apply(decideFenceStaleBroker(harness.context)?.records ?? []);
  harness.heartbeat(1);
  expect(decideFenceStaleBroker(harness.context)).toBeUndefined();
  expect(harness.state.image.cluster.broker(1)?.fenced).toBe(false);
});

it('takes a broker that is heard of between two parts for caught up when it has read of what it lost', () => {
  const harness = silentLeader();
  const before = harness.nextOffset - 1;
  harness.apply(decideFenceStaleBroker(harness.context)?.records ?? []);
  expect(harness.heartbeat(1, { offset: before })).toMatchObject({ isCaughtUp: false, isFenced: false });
  expect(harness.heartbeat(1)).toMatchObject({ isCaughtUp: true, isFenced: false });
});
