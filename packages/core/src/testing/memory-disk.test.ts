import { expect, test } from 'vitest';
import { testDiskContract } from '../disk-contract.ts';
import { SeededRandom } from '../random.ts';
import { MemoryDisk } from './memory-disk.ts';

testDiskContract('memory disk', () => {
  const disk = new MemoryDisk();
  disk.makeDirectory('/root');
  return { disk, root: '/root' };
});

test('a crash keeps what was synced and loses what was not', async () => {
  const disk = new MemoryDisk();
  disk.makeDirectory('/d');
  const file = disk.open('/d/f', 'write');
  file.write([Buffer.from('synced')], 0);
  await file.sync();
  await disk.syncDirectory('/d');
  file.write([Buffer.from('lost')], 6);
  disk.open('/d/g', 'write').syncNow();
  disk.crash(new SeededRandom(1));
  expect(disk.readFile('/d/f').toString()).toBe('synced');
  expect(disk.list('/d')).toEqual(['f']);
  expect(() => file.read(0, 1)).toThrow('OTHER');
});

test('a torn crash keeps whole sectors, in any combination', () => {
  const seen = new Set<string>();
  for (let seed = 1; seed < 40; seed++) {
    const disk = new MemoryDisk();
    disk.replaceFile('/f', Buffer.alloc(0));
    disk.open('/f', 'write').write([Buffer.alloc(1024, 1)], 0);
    disk.crash(new SeededRandom(seed), 0.5);
    const content = disk.readFile('/f');
    seen.add(`${content.length} ${content[0] ?? '-'} ${content[512] ?? '-'}`);
  }
  expect(seen).toEqual(new Set(['0 - -', '512 1 -', '1024 0 1', '1024 1 1']));
});

test('a full disk takes what fits and says ENOSPC', () => {
  const disk = new MemoryDisk();
  disk.capacityBytes = 5;
  const file = disk.open('/f', 'write');
  expect(() => file.write([Buffer.from('1234567')], 0)).toThrow('ENOSPC');
  expect(file.read(0, 10).toString()).toBe('12345');
});
