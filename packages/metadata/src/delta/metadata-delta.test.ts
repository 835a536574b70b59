import { SeededRandom } from '@tidelog/core';
import { expect, test } from 'vitest';
import { deltaFromEmpty, imageToRecords, snapshotValues } from '../image-records.ts';
import { emptyMetadataImage, type MetadataImage } from '../image/metadata-image.ts';
import type { MetadataRecord } from '../metadata-record.ts';
import { decodeRecord } from '../record-codec.ts';
import { fullRecords, partitionRecord, randomHistory, sampleUuid } from '../testing/sample-records.ts';
import { localChanges } from './local-changes.ts';
import { MetadataDelta } from './metadata-delta.ts';
import { ReplayError } from './replay-error.ts';

const provenance = { offset: 100, epoch: 3 };

/** Everything in an image as plain data. */
function plain(image: MetadataImage): unknown {
  return {
    at: [image.offset, image.epoch],
    features: new Map(image.features),
    brokers: new Map(image.cluster.brokers),
    controllers: new Map(image.cluster.controllers),
    topics: [...image.topics].map((topic) => ({ ...topic, partitions: [...topic.partitions] })),
    names: new Map([...image.topics.byName].map(([name, topic]) => [name, topic.id])),
    configs: new Map(image.configs.byResource),
    quotas: new Map(image.clientQuotas.entities),
    nextProducerId: image.nextProducerId,
    scram: new Map(image.scram.credentials),
    acls: new Map(image.acls),
    tokens: new Map(image.delegationTokens),
  };
}

function replayAll(image: MetadataImage, records: Iterable<MetadataRecord>): MetadataImage {
  const delta = new MetadataDelta(image);
  for (const record of records) delta.replay(record);
  return delta.apply(provenance);
}

const seeds = [1, 2, 3, 4, 5, 6, 7, 8];

test.each(seeds)('many small deltas come to the same image as one big one (seed %i)', (seed) => {
  const random = new SeededRandom(seed);
  const history = randomHistory(random, 400);
  let image = emptyMetadataImage;
  for (let at = 0; at < history.length;) {
    const count = 1 + random.below(20);
    image = replayAll(image, history.slice(at, at + count));
    at += count;
  }
  expect(image.topics.size).toBeGreaterThan(0);
  expect(plain(image)).toEqual(plain(replayAll(emptyMetadataImage, history)));
});

test.each(seeds)('an image survives as the bytes of a snapshot (seed %i)', (seed) => {
  const image = replayAll(emptyMetadataImage, randomHistory(new SeededRandom(seed), 400));
  const delta = new MetadataDelta();
  for (const value of snapshotValues(image)) delta.replay(decodeRecord(value));
  expect(plain(delta.apply(provenance))).toEqual(plain(image));
  expect(plain(deltaFromEmpty(image).apply(provenance))).toEqual(plain(image));
});

test.each(seeds)('a snapshot replaces an older image, and its delta names only what differs (seed %i)', (seed) => {
  const history = randomHistory(new SeededRandom(seed), 500);
  const old = replayAll(emptyMetadataImage, history.slice(0, 250));
  const snapshot = replayAll(emptyMetadataImage, history);
  const delta = new MetadataDelta(old, { ofSnapshot: true });
  for (const record of imageToRecords(snapshot)) delta.replay(record);
  delta.finishSnapshot();
  expect(plain(delta.apply(provenance))).toEqual(plain(snapshot));

  const again = new MetadataDelta(snapshot, { ofSnapshot: true });
  for (const record of imageToRecords(snapshot)) again.replay(record);
  again.finishSnapshot();
  const { topics, ...maps } = again.changes;
  expect([topics.changed.size, topics.deleted.size]).toEqual([0, 0]);
  for (const changes of Object.values(maps)) expect(changes.size).toBe(0);
});

const topic = { type: 'topic', name: 't', topicId: sampleUuid } as const;

function withTopic(): MetadataImage {
  return replayAll(emptyMetadataImage, [topic, partitionRecord(sampleUuid, 0), partitionRecord(sampleUuid, 1)]);
}

test('a change bumps the partition epoch, and the leader epoch when it names a leader', () => {
  const change = { type: 'partitionChange', topicId: sampleUuid, partitionId: 1 } as const;
  const before = withTopic();
  const shrunk = replayAll(before, [{ ...change, isr: [1] }]);
  expect(shrunk.topics.partition(sampleUuid, 1)).toMatchObject({ isr: [1], leaderEpoch: 0, partitionEpoch: 1 });
  const led = replayAll(shrunk, [{ ...change, leader: 1 }]);
  expect(led.topics.partition(sampleUuid, 1)).toMatchObject({ leader: 1, leaderEpoch: 1, partitionEpoch: 2 });
  expect(before.topics.partition(sampleUuid, 1)).toMatchObject({ leaderEpoch: 0, partitionEpoch: 0 });
});

test('what did not change is shared with the image before', () => {
  const before = replayAll(withTopic(), [{ type: 'topic', name: 'u', topicId: 'b8tRS7h4TJ2Vt43Dp85v2A' }]);
  const after = replayAll(before, [{ type: 'partitionChange', topicId: sampleUuid, partitionId: 1, isr: [1] }]);
  expect(after.topics.get('u')).toBe(before.topics.get('u'));
  expect(after.topics.get('t')?.partitions.get(0)).toBe(before.topics.get('t')?.partitions.get(0));
  expect(after.configs).toBe(before.configs);
  expect(after.cluster).toBe(before.cluster);
  expect(replayAll(before, []).topics).toBe(before.topics);
});

test('a topic that is deleted takes its configs with it and may come back under its name', () => {
  const config = { type: 'config', resourceType: 2, resourceName: 't', name: 'a', value: 'b' } as const;
  const newId = 'b8tRS7h4TJ2Vt43Dp85v2A';
  const before = replayAll(withTopic(), [config]);
  const after = replayAll(before, [
    { type: 'removeTopic', topicId: sampleUuid },
    { type: 'topic', name: 't', topicId: newId },
  ]);
  expect(before.configs.topic('t').get('a')).toBe('b');
  expect(after.configs.topic('t').size).toBe(0);
  expect(after.topics.get('t')?.id).toBe(newId);
  expect(after.topics.getById(sampleUuid)).toBeUndefined();
});

test('replicas that move keep their directories, and new ones have none', () => {
  const directories = [sampleUuid, 'b8tRS7h4TJ2Vt43Dp85v2A', sampleUuid];
  const image = replayAll(emptyMetadataImage, [topic, partitionRecord(sampleUuid, 0, { directories })]);
  const moved = replayAll(image, [{ type: 'partitionChange', topicId: sampleUuid, partitionId: 0, replicas: [2, 4] }]);
  expect(moved.topics.partition(sampleUuid, 0)?.directories).toEqual([directories[1], 'AAAAAAAAAAAAAAAAAAAAAA']);
});

test.each([
  ['a change of an unknown partition', { type: 'partitionChange', topicId: sampleUuid, partitionId: 7 }],
  ['a partition of an unknown topic', partitionRecord('b8tRS7h4TJ2Vt43Dp85v2A', 0)],
  ['the removal of an unknown topic', { type: 'removeTopic', topicId: 'b8tRS7h4TJ2Vt43Dp85v2A' }],
  ['a change of an unknown broker', fullRecords.brokerRegistrationChange],
  ['the removal of an unknown ACL', fullRecords.removeAccessControlEntry],
] as [string, MetadataRecord][])('%s is refused', (_, record) => {
  const delta = new MetadataDelta(withTopic());
  expect(() => delta.replay(record)).toThrow(ReplayError);
  expect(delta.apply(provenance).topics).toBe(delta.image.topics);
});

test('a change by a broker incarnation that is gone is refused', () => {
  const image = replayAll(emptyMetadataImage, [fullRecords.registerBroker]);
  const stale = { ...fullRecords.brokerRegistrationChange, brokerEpoch: 1 };
  expect(() => new MetadataDelta(image).replay(stale)).toThrow(/in epoch/);
  const current = { ...stale, brokerEpoch: fullRecords.registerBroker.brokerEpoch };
  expect(replayAll(image, [current]).cluster.broker(3)).toMatchObject({ fenced: false, rack: '' });
});

test('a broker learns what to lead, to follow and to delete', () => {
  const image = withTopic();
  const delta = new MetadataDelta(image);
  delta.replay({ type: 'partitionChange', topicId: sampleUuid, partitionId: 0, leader: 2 });
  delta.replay({ type: 'partitionChange', topicId: sampleUuid, partitionId: 1, replicas: [1, 3] });
  const summary = (id: number): unknown => {
    const { leaders, followers, deletes } = localChanges(delta.changes.topics, id);
    return [leaders, followers, deletes].map((list) => list.map(({ partition }) => partition));
  };
  expect(summary(1)).toEqual([[1], [0], []]);
  expect(summary(2)).toEqual([[0], [], [1]]);
  expect(summary(4)).toEqual([[], [], []]);
  const removal = new MetadataDelta(image);
  removal.replay({ type: 'removeTopic', topicId: sampleUuid });
  expect(localChanges(removal.changes.topics, 3).deletes).toHaveLength(2);
});
