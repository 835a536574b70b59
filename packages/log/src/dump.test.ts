import { expect, test } from 'vitest';
import { dumpEpochs, dumpOffsetIndex, dumpProducerSnapshot, dumpSegment, dumpTimeIndex } from './dump.ts';
import { LogFixture } from './testing/log-fixture.ts';

test('every file of a closed log can be dumped, and the indexes agree with the log', async () => {
  const fixture = await LogFixture.open({ config: { segmentBytes: 2000, indexIntervalBytes: 200 } });
  for (let i = 0; i < 60; i++) {
    fixture.put(fixture.log(), [`a${i}`, `b${i}`], { producerId: 3, producerEpoch: 0, baseSequence: i * 2 });
    fixture.world.now += 10;
  }
  const { path } = await fixture.restart();
  const { disk } = fixture.world;
  let next = 0;
  let entries = 0;
  for (const name of disk.list(path).toSorted()) {
    if (name.endsWith('.log')) {
      const dump = dumpSegment(disk, `${path}/${name}`, { deepIteration: true });
      expect(dump.startingOffset).toBe(next);
      for (const { header, isValid, records } of dump.batches) {
        expect([isValid, header.baseOffset, records.map(({ offset }) => offset)]).toEqual([
          true,
          next,
          [next, next + 1],
        ]);
        next += 2;
      }
      expect(dump.trailingBytes()).toBe(0);
    } else if (name.endsWith('.index') || name.endsWith('.timeindex')) {
      const dump = name.endsWith('.index') ? dumpOffsetIndex : dumpTimeIndex;
      const { problems, entries: found } = dump(disk, `${path}/${name}`);
      expect(problems).toEqual([]);
      entries += found.length;
    }
  }
  expect(next).toBe(120);
  expect(entries).toBeGreaterThan(20);
  expect(dumpEpochs(disk, `${path}/leader-epoch-checkpoint`)).toEqual([{ epoch: 0, startOffset: 0 }]);
  expect(dumpProducerSnapshot(disk, `${path}/00000000000000000120.snapshot`)).toMatchObject([{ producerId: 3 }]);
});

test('a damaged batch is shown as invalid and a wrong index entry is named', async () => {
  const fixture = await LogFixture.open({ config: { indexIntervalBytes: 0 } });
  for (let i = 0; i < 5; i++) fixture.put(fixture.log(), [`a${i}`]);
  const { path } = await fixture.restart();
  const { disk } = fixture.world;
  const file = `${path}/00000000000000000000`;
  disk.flipBit(`${file}.log`, { position: 65, bit: 1 });
  disk.flipBit(`${file}.index`, { position: 7, bit: 2 });
  const valid = [...dumpSegment(disk, `${file}.log`, { deepIteration: true }).batches].map(({ isValid }) => isValid);
  expect(valid).toEqual([false, true, true, true, true]);
  expect(dumpOffsetIndex(disk, `${file}.index`).problems[0]).toContain('no batch there');
  expect(dumpOffsetIndex(disk, `${file}.index`, { indexSanityCheck: true }).problems).toEqual([]);
});
