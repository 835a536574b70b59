import { SeededRandom } from '@tidelog/core';
import { describe, expect, it } from 'vitest';
import { Placement, PlacementError, type UsableBroker } from './placement.ts';

function brokers(racks: Readonly<Record<string, readonly number[]>>, fenced: readonly number[] = []): UsableBroker[] {
  return Object.entries(racks).flatMap(([rack, ids]) => ids.map((id) => ({ id, rack, fenced: fenced.includes(id) })));
}

function place(usable: readonly UsableBroker[], count: number, replicationFactor: number): (readonly number[])[] {
  const placement = new Placement(usable, new SeededRandom(42));
  return Array.from({ length: count }, () => placement.place(replicationFactor));
}

describe('placement', () => {
  it('puts the replicas of a partition on different racks while there are enough', () => {
    const usable = brokers({ a: [1, 2, 3], b: [4, 5, 6], c: [7, 8, 9] });
    const rackOf = new Map(usable.map(({ id, rack }) => [id, rack]));
    for (const replicas of place(usable, 200, 3)) expect(new Set(replicas.map((id) => rackOf.get(id))).size).toBe(3);
  });

  it('never puts two replicas of a partition on one broker', () => {
    for (const replicas of place(brokers({ a: [1, 2], b: [3], c: [4, 5] }), 200, 4)) {
      expect(new Set(replicas).size).toBe(4);
    }
  });

  it('spreads leaders and replicas evenly', () => {
    const leaders = new Map<number, number>();
    const all = new Map<number, number>();
    for (const replicas of place(brokers({ a: [1, 2, 3, 4, 5, 6] }), 600, 3)) {
      const [leader] = replicas;
      leaders.set(leader ?? -1, (leaders.get(leader ?? -1) ?? 0) + 1);
      for (const id of replicas) all.set(id, (all.get(id) ?? 0) + 1);
    }
    for (const count of leaders.values()) expect(Math.abs(count - 100)).toBeLessThanOrEqual(20);
    for (const count of all.values()) expect(Math.abs(count - 300)).toBeLessThanOrEqual(30);
  });

  it('does not repeat the same pairs of neighbours for ever', () => {
    const pairs = new Set(place(brokers({ a: [1, 2, 3, 4, 5] }), 100, 2).map((replicas) => replicas.join('-')));
    expect(pairs.size).toBeGreaterThan(10);
  });

  it('lets unfenced brokers lead only', () => {
    for (const [leader] of place(brokers({ a: [1, 2], b: [3, 4] }, [1, 3, 4]), 50, 3)) expect(leader).toBe(2);
  });

  it.each([
    ['more replicas than brokers', brokers({ a: [1, 2] }), 3],
    ['brokers that are all fenced', brokers({ a: [1, 2] }, [1, 2]), 1],
    ['no brokers', [], 1],
    ['no replicas', brokers({ a: [1] }), 0],
  ])('refuses %s', (_what, usable, replicationFactor) => {
    expect(() => place(usable, 1, replicationFactor)).toThrow(PlacementError);
  });
});
