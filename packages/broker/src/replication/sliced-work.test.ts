import { expect, test } from 'vitest';
import { createNodeWorld } from '@tidelog/core';
import { until } from '../testing/client.ts';
import { SlicedWork } from './sliced-work.ts';

test('little is done at once; much in order over several turns, and what comes later waits behind it', async () => {
  const world = createNodeWorld();
  const done: number[] = [];
  const work = new SlicedWork(world);
  work.add(() => done.push(0));
  work.go();
  expect(done).toEqual([0]);
  const busy = (n: number): void => {
    const end = world.clock.monotonic() + 4;
    while (world.clock.monotonic() < end);
    done.push(n);
  };
  for (let n = 1; n <= 10; n++) work.add(() => busy(n));
  work.go();
  expect(done.length).toBeLessThan(11);
  work.add(() => done.push(11));
  work.go();
  await until(() => done.length === 12, 'the rest');
  expect(done).toEqual(Array.from({ length: 12 }, (_, n) => n));
});

test('a task for each of many items is one piece of work, and one that fails is not done again', async () => {
  const work = new SlicedWork(createNodeWorld());
  const done: number[] = [];
  work.addEach([1, 2, 3], (n) => {
    done.push(n);
    if (n === 2) throw new Error('not this one');
  });
  work.add(() => done.push(4));
  expect(() => work.go()).toThrow('not this one');
  await until(() => work.isDone, 'the rest');
  expect(done).toEqual([1, 2, 3, 4]);
});
