import { emptyMetadataImage, MetadataDelta, type AnyMetadataRecord, type MetadataImage } from '@tidelog/metadata';
import { expect, test } from 'vitest';
import { idOf } from '../../../../testing/group-bench.ts';
import { hashOfTopics } from './subscribed-topics.ts';

const names = new Set(['t']);

function imageOf(replicas: number[], racks: readonly (string | null)[]): MetadataImage {
  const registration = { brokerEpoch: 1, endPoints: [], features: [], logDirs: [], cordonedLogDirs: [] };
  const state = { fenced: false, inControlledShutdown: false, incarnationId: idOf('i') };
  const brokers = racks.map((rack, brokerId): AnyMetadataRecord => {
    return { type: 'registerBroker', brokerId, rack, ...registration, ...state };
  });
  const lists = { eligibleLeaderReplicas: [], lastKnownElr: [], addingReplicas: [], removingReplicas: [] };
  const place = { replicas, directories: [], isr: [0], leader: 0, leaderEpoch: 0, partitionEpoch: 0 };
  const delta = new MetadataDelta(emptyMetadataImage);
  for (const record of brokers) delta.replay(record);
  delta.replay({ type: 'topic', name: 't', topicId: idOf('t') });
  delta.replay({
    type: 'partition',
    topicId: idOf('t'),
    partitionId: 0,
    ...place,
    ...lists,
    leaderRecoveryState: 0,
  });
  return delta.apply({ offset: 1, epoch: 1 });
}

test('replicas in other racks are news', () => {
  const racks = ['a', 'b', 'c'];
  expect(hashOfTopics(imageOf([0, 1], racks), names)).not.toBe(hashOfTopics(imageOf([0, 2], racks), names));
  expect(hashOfTopics(imageOf([0, 1], racks), names)).toBe(hashOfTopics(imageOf([1, 0], racks), names));
});

test('other replicas in the same racks, or in none, are not', () => {
  const sameRack = ['a', 'b', 'b'];
  expect(hashOfTopics(imageOf([0, 1], sameRack), names)).toBe(hashOfTopics(imageOf([0, 2], sameRack), names));
  const none = [null, null, null];
  expect(hashOfTopics(imageOf([0, 1], none), names)).toBe(hashOfTopics(imageOf([0, 2], none), names));
});
