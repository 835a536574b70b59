/**
 * Creating 10,000 topics one by one, a delta and an image each: one more topic must cost no more for those that
 * are there. Prints one line of JSON: microseconds, best of five rounds, and the ratio of a topic created on top of
 * 10,000 to one on top of 100.
 *
 *   node --conditions=source bench/src/programs/metadata-image.ts
 */
import { randomUuid, SeededRandom } from '@tidelog/core';
import { deltaFromEmpty, emptyMetadataImage, MetadataDelta, type MetadataImage } from '@tidelog/metadata';

const random = new SeededRandom(1);

function withOneMore(image: MetadataImage): MetadataImage {
  const topicId = randomUuid(random);
  const delta = new MetadataDelta(image);
  delta.replay({ type: 'topic', name: `topic-${image.topics.size}`, topicId });
  delta.replay({
    type: 'partition',
    topicId,
    partitionId: 0,
    replicas: [1, 2, 3],
    directories: [],
    isr: [1, 2, 3],
    eligibleLeaderReplicas: [],
    lastKnownElr: [],
    addingReplicas: [],
    removingReplicas: [],
    leader: 1,
    leaderEpoch: 0,
    partitionEpoch: 0,
    leaderRecoveryState: 0,
  });
  return delta.apply({ offset: image.offset + 2, epoch: 1 });
}

function grown(image: MetadataImage, count: number): MetadataImage {
  let grown = image;
  for (let i = 0; i < count; i++) grown = withOneMore(grown);
  return grown;
}

/** Microseconds per unit of work, of the best of five rounds. */
function microseconds(units: number, run: () => unknown): number {
  let best = Infinity;
  for (let round = 0; round < 5; round++) {
    const start = process.hrtime.bigint();
    run();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 1000 / units);
  }
  return Math.round(best * 100) / 100;
}

const few = grown(emptyMetadataImage, 100);
const many = grown(few, 9_900);
const names = Array.from({ length: 10_000 }, (_, n) => `topic-${n}`);
const onFew = microseconds(1000, () => grown(few, 1000));
const onMany = microseconds(1000, () => grown(many, 1000));
console.log(
  JSON.stringify({
    bench: 'metadata-image',
    createOn100: onFew,
    createOn10000: onMany,
    ratio: Math.round((onMany / onFew) * 100) / 100,
    create10000OneByOne: microseconds(1, () => grown(emptyMetadataImage, 10_000)),
    load10000AsSnapshot: microseconds(1, () => deltaFromEmpty(many).apply(many)),
    lookupByName: microseconds(10_000, () => names.filter((name) => many.topics.get(name) === undefined)),
  }),
);
