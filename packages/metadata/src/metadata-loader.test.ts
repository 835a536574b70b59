import { silentLogger, type Logger } from '@tidelog/core';
import { expect, test } from 'vitest';
import { snapshotValues } from './image-records.ts';
import { MetadataLoader, type CommittedMetadata, type MetadataLoaderOptions } from './metadata-loader.ts';
import type { MetadataPublisher } from './metadata-publisher.ts';
import type { MetadataRecord } from './metadata-record.ts';
import { encodeRecord } from './record-codec.ts';

const ids = ['kQ3vPzG2TyGGnY0-7cXJAg', 'b8tRS7h4TJ2Vt43Dp85v2A', 'x8tRS7h4TJ2Vt43Dp85v2A'];

function topic(n: number): MetadataRecord {
  return { type: 'topic', name: `t${n}`, topicId: ids[n] ?? '' };
}

const begin: MetadataRecord = { type: 'beginTransaction', name: 'x' };
const end: MetadataRecord = { type: 'endTransaction' };
const abort: MetadataRecord = { type: 'abortTransaction', reason: null };

function batch(baseOffset: number, ...records: (MetadataRecord | Buffer)[]): CommittedMetadata {
  return {
    baseOffset,
    lastOffset: baseOffset + Math.max(records.length, 1) - 1,
    epoch: 5,
    appendTimestamp: 1000 + baseOffset,
    records: records.map((record, i) => ({
      offset: baseOffset + i,
      value: Buffer.isBuffer(record) ? record : encodeRecord(record),
    })),
  };
}

/** Writes what it is told as lines: `name@offset +created -deleted`. */
function recorder(name: string, lines: string[]): MetadataPublisher {
  return {
    name,
    onMetadata(image, delta) {
      const { changed, deleted } = delta.changes.topics;
      const words = [...changed.values()]
        .map((t) => `+${t.name}`)
        .concat([...deleted.values()].map((t) => `-${t.name}`));
      lines.push([`${name}@${image.offset}`, ...words.sort()].join(' '));
    },
  };
}

function loaderWith(options: Partial<MetadataLoaderOptions> = {}): { loader: MetadataLoader; lines: string[] } {
  const loader = new MetadataLoader({ logger: silentLogger, ...options });
  const lines: string[] = [];
  loader.addPublisher(recorder('a', lines));
  return { loader, lines };
}

test('publishers are told in order, batch by batch, and a late one is told everything', () => {
  const { loader, lines } = loaderWith();
  loader.addPublisher(recorder('b', lines));
  loader.onCommitted(batch(0, topic(0)));
  loader.onCommitted(batch(1, topic(1), { type: 'removeTopic', topicId: ids[0] ?? '' }));
  loader.addPublisher(recorder('late', lines));
  loader.onCommitted(batch(3));
  expect(lines).toEqual(['a@0 +t0', 'b@0 +t0', 'a@2 +t1 -t0', 'b@2 +t1 -t0', 'late@2 +t1', 'a@3', 'b@3', 'late@3']);
  expect([loader.lastLoadedOffset, loader.lastLoadedEpoch, loader.lastLoadedTimestamp]).toEqual([3, 5, 1003]);
});

test('nothing is published before the log is read up to the high watermark', () => {
  const log: { highWatermark: number | undefined } = { highWatermark: undefined };
  const { loader, lines } = loaderWith({ highWatermark: () => log.highWatermark });
  loader.onCommitted(batch(0, topic(0)));
  log.highWatermark = 3;
  loader.onCommitted(batch(1, topic(1)));
  expect([lines, loader.caughtUp]).toEqual([[], false]);
  loader.onCommitted(batch(2, topic(2)));
  expect([lines, loader.caughtUp]).toEqual([['a@2 +t0 +t1 +t2'], true]);
});

test('a batch of thousands of records is replayed in steps, and published whole with the last one', () => {
  const { loader, lines } = loaderWith();
  const partitions = Array.from({ length: 1000 }, (_, n): MetadataRecord => {
    const lists = { eligibleLeaderReplicas: [], lastKnownElr: [], addingReplicas: [], removingReplicas: [] };
    const placed = { replicas: [1], directories: [ids[2] ?? ''], isr: [1], leader: 1, ...lists };
    const fresh = { leaderEpoch: 0, partitionEpoch: 0, leaderRecoveryState: 0 } as const;
    return { type: 'partition', topicId: ids[0] ?? '', partitionId: n, ...placed, ...fresh };
  });
  const rest = loader.onCommitted(batch(0, topic(0), ...partitions));
  expect([lines, loader.lastLoadedOffset]).toEqual([[], -1]);
  let steps = 1;
  while (rest?.next().done === false) steps++;
  expect(steps).toBeGreaterThan(2);
  expect(lines).toEqual(['a@1000 +t0']);
  expect(loader.image.topics.get('t0')?.partitions.size).toBe(1000);
});

test('a transaction is visible at its end, over any number of batches', () => {
  const { loader, lines } = loaderWith();
  loader.onCommitted(batch(0, topic(0), begin, topic(1)));
  loader.onCommitted(batch(3, topic(2)));
  expect([lines, loader.image.offset, loader.lastLoadedOffset]).toEqual([['a@0 +t0'], 0, 3]);
  loader.onCommitted(batch(4, end));
  expect(lines).toEqual(['a@0 +t0', 'a@4 +t1 +t2']);
});

test('an aborted transaction never was', () => {
  const { loader, lines } = loaderWith();
  loader.onCommitted(batch(0, begin, topic(0)));
  loader.onCommitted(batch(2, abort, topic(1)));
  expect(lines).toEqual(['a@3 +t1']);
});

test('a snapshot replaces what was there, and publishers are told the difference', () => {
  const source = loaderWith().loader;
  source.onCommitted(batch(0, topic(1), topic(2)));
  const { loader, lines } = loaderWith();
  loader.onCommitted(batch(0, topic(0), topic(1)));
  loader.onSnapshot({ offset: 50, epoch: 9, records: () => snapshotValues(source.image) });
  expect(lines).toEqual(['a@1 +t0 +t1', 'a@49 +t2 -t0']);
  expect([loader.image.epoch, loader.image.topics.size]).toEqual([9, 2]);
});

test('a record that does not fit is logged, counted and left out; the rest of its batch counts', () => {
  const errors: string[] = [];
  const logger: Logger = { ...silentLogger, error: (fields) => errors.push(String(fields['error'])) };
  const { loader, lines } = loaderWith({ logger });
  loader.onCommitted(batch(0, { type: 'removeTopic', topicId: ids[1] ?? '' }, topic(0), Buffer.from([0xff])));
  expect(lines).toEqual(['a@2 +t0']);
  expect(loader.replayErrors).toBe(2);
  expect(errors.map((error) => error.split(':')[0])).toEqual(['ReplayError', 'MetadataRecordError']);
});

test('a record that needs a newer build halts the loader at the batch before', () => {
  const required: string[] = [];
  const { loader, lines } = loaderWith({ onUpgradeRequired: (error) => required.push(error.message) });
  loader.onCommitted(batch(0, topic(0)));
  loader.onCommitted(batch(1, topic(1), { ...begin, requiredLevel: 1000 }));
  loader.onCommitted(batch(3, topic(2)));
  expect([lines, loader.image.offset]).toEqual([['a@0 +t0'], 0]);
  expect(required).toEqual([expect.stringMatching(/metadata.version 1000 .*Upgrade Tidelog/)]);
});

test('a publisher that throws is counted and does not keep the others from being told', () => {
  const loader = new MetadataLoader({ logger: silentLogger });
  const lines: string[] = [];
  const bad: MetadataPublisher = {
    name: 'bad',
    onMetadata() {
      throw new Error('no');
    },
  };
  loader.addPublisher(bad);
  loader.addPublisher(recorder('good', lines));
  loader.onCommitted(batch(0, topic(0)));
  loader.removePublisher(bad);
  loader.onCommitted(batch(1, topic(1)));
  expect([lines, loader.publishErrors]).toEqual([['good@0 +t0', 'good@1 +t1'], 1]);
});

test('a snapshot that is due is written of the last complete image, not of an open transaction', () => {
  const written: string[] = [];
  const { loader } = loaderWith({
    writeSnapshot: (image) => written.push([image.offset, ...image.topics.byName.keys()].join(' ')),
  });
  loader.onSnapshotDue();
  loader.onCommitted(batch(0, topic(0)));
  loader.onCommitted(batch(1, begin, topic(1)));
  loader.onSnapshotDue();
  expect(written).toEqual(['0 t0']);
});
