import { randomUuid, SeededRandom, type Uuid } from '@tidelog/core';
import { DirectoryId } from '@tidelog/metadata';
import { describe, expect, it } from 'vitest';
import { CoreHarness } from '../../testing/core-harness.ts';
import { decideAssignReplicasToDirs } from './assign-replicas-to-dirs.ts';

const random = new SeededRandom(3);
const failed = randomUuid(random);

/** Brokers 1 and 2, the partition t-0 on both, which needs both to commit. */
function twoInSync(): CoreHarness {
  const harness = new CoreHarness();
  harness.bringUp([1, 2]);
  harness.createTopic('t', { assignments: [[1, 2]], configs: { 'min.insync.replicas': '2' } });
  return harness;
}

function assign(harness: CoreHarness, brokerId: number, id: Uuid): void {
  const topicId = harness.state.image.topics.get('t')?.id ?? '';
  const directories = [{ id, topics: [{ topicId, partitions: [{ partitionIndex: 0 }] }] }];
  const request = { brokerId, brokerEpoch: harness.state.image.cluster.brokerEpoch(brokerId), directories };
  harness.decide((context) => decideAssignReplicasToDirs(context, request));
}

describe('AssignReplicasToDirs', () => {
  it('makes a replica that is lost ineligible', () => {
    const harness = twoInSync();
    assign(harness, 1, DirectoryId.LOST);
    expect(harness.partition('t')).toMatchObject({ isr: [2], elr: [], leader: 2 });
  });

  it('takes the eligibility of a replica that is found to be lost', () => {
    const harness = twoInSync();
    harness.silence(1);
    expect(harness.partition('t')).toMatchObject({ isr: [2], elr: [1] });
    assign(harness, 1, DirectoryId.LOST);
    expect(harness.partition('t')).toMatchObject({ isr: [2], elr: [] });
  });

  it('keeps a replica in a directory that is offline eligible: its data may come back', () => {
    const harness = twoInSync();
    assign(harness, 1, failed);
    expect(harness.partition('t')).toMatchObject({ isr: [2], elr: [1], leader: 2 });
  });
});
