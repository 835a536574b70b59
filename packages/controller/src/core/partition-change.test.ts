import { zeroUuid, type Uuid } from '@tidelog/core';
import { changedPartition, type PartitionImage } from '@tidelog/metadata';
import { describe, expect, it } from 'vitest';
import { planPartitionChange, type PartitionChangeOptions } from './partition-change.ts';

const directory = (id: number): Uuid => `directory-of-broker-00${id}`;

const healthy: PartitionImage = {
  replicas: [1, 2, 3],
  directories: [1, 2, 3].map(directory),
  isr: [1, 2, 3],
  elr: [],
  lastKnownElr: [],
  addingReplicas: [],
  removingReplicas: [],
  leader: 1,
  leaderEpoch: 10,
  partitionEpoch: 20,
  leaderRecoveryState: 0,
};

interface Scenario extends Partial<Omit<PartitionChangeOptions, 'partition' | 'isAcceptableLeader'>> {
  readonly partition?: Partial<PartitionImage>;
  readonly alive: readonly number[];
}

function plan({ partition, alive, ...options }: Scenario): Partial<PartitionImage> | undefined {
  const before = { ...healthy, ...partition };
  const change = planPartitionChange({
    topicId: zeroUuid,
    partitionId: 0,
    partition: before,
    target: {},
    election: 'online',
    isAcceptableLeader: (id) => alive.includes(id),
    minInSyncReplicas: 2,
    elrEnabled: true,
    defaultDirectory: directory,
    ...options,
  });
  return change === undefined ? undefined : changedPartition(before, change);
}

const cases: [string, Scenario, Partial<PartitionImage> | undefined][] = [
  ['keeps a leader that is fine', { alive: [1, 2, 3] }, undefined],
  ['keeps a leader that is not preferred', { partition: { leader: 2 }, alive: [1, 2, 3] }, undefined],
  [
    'goes back to the preferred leader when told to',
    { partition: { leader: 2 }, alive: [1, 2, 3], election: 'preferred' },
    { leader: 1, leaderEpoch: 11, partitionEpoch: 21, isr: [1, 2, 3] },
  ],
  [
    'does not elect a preferred leader that is out of sync',
    { partition: { leader: 2, isr: [2, 3] }, alive: [1, 2, 3], election: 'preferred' },
    undefined,
  ],
  [
    'elects the first replica of the ISR that is alive',
    { alive: [3], target: { isr: [2, 3] } },
    { leader: 3, leaderEpoch: 11, isr: [2, 3] },
  ],
  [
    'does not raise the leader epoch when the ISR shrinks',
    { alive: [1, 2], target: { isr: [1, 2] } },
    { leader: 1, leaderEpoch: 10, partitionEpoch: 21, isr: [1, 2] },
  ],
  [
    'keeps who leaves an ISR that is too small eligible',
    { partition: { isr: [1, 2] }, alive: [1], target: { isr: [1] } },
    { isr: [1], elr: [2], lastKnownElr: [] },
  ],
  [
    'makes nobody eligible who stopped uncleanly',
    { partition: { isr: [1, 2] }, alive: [1], target: { isr: [1] }, uncleanShutdown: new Set([2]) },
    { isr: [1], elr: [] },
  ],
  [
    'forgets the eligible ones when the ISR is large enough again',
    { partition: { isr: [1], elr: [2] }, alive: [1, 2, 3], target: { isr: [1, 3] } },
    { isr: [1, 3], elr: [] },
  ],
  [
    'counts the replicas when there are fewer than min.insync.replicas',
    { partition: { replicas: [1, 2], isr: [1, 2] }, alive: [1, 2], minInSyncReplicas: 5, target: { isr: [1] } },
    { isr: [1], elr: [2] },
  ],
  [
    'empties the ISR, remembers its last leader and waits',
    { partition: { isr: [1] }, alive: [2, 3], target: { isr: [] } },
    { isr: [], elr: [1], leader: -1, leaderEpoch: 11, lastKnownElr: [1] },
  ],
  [
    'elects an eligible replica when the ISR is empty, cleanly',
    { partition: { isr: [], elr: [1, 2], leader: -1, lastKnownElr: [1] }, alive: [2] },
    { isr: [2], elr: [1], leader: 2, leaderRecoveryState: 0, lastKnownElr: [] },
  ],
  [
    'does not elect an eligible replica while the ISR has members',
    { partition: { isr: [3], elr: [2], leader: -1 }, alive: [2] },
    undefined,
  ],
  [
    'elects the last known leader when nobody is eligible, to recover',
    { partition: { isr: [], elr: [], leader: -1, lastKnownElr: [2] }, alive: [1, 2, 3] },
    { isr: [2], leader: 2, leaderRecoveryState: 1, lastKnownElr: [] },
  ],
  [
    'waits for the last known leader',
    { partition: { isr: [], elr: [], leader: -1, lastKnownElr: [2] }, alive: [1, 3] },
    undefined,
  ],
  [
    'elects anyone who lives when it may lose data',
    { partition: { isr: [1] }, alive: [3], election: 'unclean' },
    { isr: [3], elr: [], leader: 3, leaderRecoveryState: 1 },
  ],
  [
    'prefers a replica in sync even when it may lose data',
    { alive: [2, 3], election: 'unclean', target: { isr: [3] } },
    { isr: [3], leader: 3, leaderRecoveryState: 0 },
  ],
  [
    'keeps the last member in the ISR without ELR',
    { partition: { isr: [1] }, alive: [2, 3], elrEnabled: false, target: { isr: [] } },
    { isr: [1], leader: -1, elr: [] },
  ],
  [
    'goes on with a move while the new replica is not in sync',
    {
      partition: { replicas: [1, 2, 4, 3], addingReplicas: [4], removingReplicas: [3] },
      alive: [1, 2, 3, 4],
      target: { isr: [1, 2] },
    },
    { replicas: [1, 2, 4, 3], isr: [1, 2], addingReplicas: [4], leaderEpoch: 10 },
  ],
  [
    'completes a move when the new replica is in sync, in a new leader epoch',
    {
      partition: { replicas: [1, 2, 4, 3], addingReplicas: [4], removingReplicas: [3] },
      alive: [1, 2, 3, 4],
      target: { isr: [1, 2, 3, 4] },
    },
    { replicas: [1, 2, 4], isr: [1, 2, 4], addingReplicas: [], removingReplicas: [], leader: 1, leaderEpoch: 11 },
  ],
  [
    'moves the leadership when a move takes the leader away',
    {
      partition: { replicas: [2, 4, 1], isr: [1, 2], addingReplicas: [4], removingReplicas: [1] },
      alive: [1, 2, 4],
      target: { isr: [1, 2, 4] },
    },
    { replicas: [2, 4], isr: [2, 4], leader: 2, leaderEpoch: 11 },
  ],
  [
    'shrinks a partition only when all who stay are in sync',
    {
      partition: { isr: [1, 3] },
      alive: [1, 2, 3],
      target: { replicas: [1, 2, 3], removingReplicas: [3], addingReplicas: [] },
    },
    { replicas: [1, 2, 3], isr: [1, 3], removingReplicas: [3] },
  ],
];

describe('a partition change', () => {
  it.each(cases)('%s', (_what, scenario, expected) => {
    const after = plan(scenario);
    if (expected === undefined) expect(after).toBeUndefined();
    else expect(after).toMatchObject(expected);
  });

  it('gives new replicas their default directories and leaves the others where they are', () => {
    const after = plan({
      partition: { directories: ['a', 'b', 'c'] },
      alive: [1, 2, 3, 4],
      target: { replicas: [4, 1, 2, 3], addingReplicas: [4] },
    });
    expect(after?.directories).toEqual([directory(4), 'a', 'b', 'c']);
  });
});
