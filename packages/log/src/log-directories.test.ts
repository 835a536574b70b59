/** Where a new log goes. */
import { expect, test } from 'vitest';
import { LogFixture } from './testing/log-fixture.ts';

const directories = ['/a', '/b', '/c'];

function placeOf(fixture: LogFixture, partition: number): string | undefined {
  return fixture.log(partition).path.split('/')[1];
}

test('a new log goes to the directory with the fewest, those of the last start and of deletions included', async () => {
  const fixture = await LogFixture.open({ directories });
  expect([0, 1, 2, 3].map((partition) => placeOf(fixture, partition))).toEqual(['a', 'b', 'c', 'a']);
  await fixture.world.run(fixture.store.delete('t', 1));
  expect(placeOf(fixture, 4)).toBe('b');
  await fixture.restart();
  expect([5, 6, 7].map((partition) => placeOf(fixture, partition))).toEqual(['b', 'c', 'a']);
});
