/**
 * What every Disk must do, as tests that the Node disk and the simulated one both run. Only behaviour that callers rely
 * on is here; what a crash leaves behind is the simulated disk's own test.
 */
import { expect, test } from 'vitest';
import { DiskError, type Disk } from './world.ts';

/** Registers the tests; `makeDisk` gives a fresh disk and an existing, empty directory on it. */
export function testDiskContract(name: string, makeDisk: () => { readonly disk: Disk; readonly root: string }): void {
  test(`${name}: written pieces are read back from any position`, async () => {
    const { disk, root } = makeDisk();
    const file = disk.open(`${root}/a`, 'write');
    file.write([Buffer.from('hello '), Buffer.from('wide '), Buffer.from('world')], 0);
    await file.writeAsync([Buffer.from('!'), Buffer.from('?')], 16);
    expect(file.size()).toBe(18);
    expect(file.read(6, 4).toString()).toBe('wide');
    expect((await file.readAsync(11, 100)).toString()).toBe('world!?');
    expect(file.read(18, 10).length).toBe(0);
    file.close();
    expect(disk.readFile(`${root}/a`).toString()).toBe('hello wide world!?');
  });

  test(`${name}: many small pieces and big ones are written whole`, () => {
    const { disk, root } = makeDisk();
    const pieces = Array.from({ length: 3000 }, (_, i) => Buffer.alloc(1 + (i % 90), i));
    const file = disk.open(`${root}/many`, 'write');
    file.write(pieces, 10);
    file.close();
    expect(disk.readFile(`${root}/many`).subarray(10).equals(Buffer.concat(pieces))).toBe(true);
  });

  test(`${name}: opening for writing keeps what is there, opening for reading needs it`, () => {
    const { disk, root } = makeDisk();
    const file = disk.open(`${root}/b`, 'write');
    file.write([Buffer.from('abc')], 0);
    file.truncate(2);
    file.close();
    const again = disk.open(`${root}/b`, 'write');
    expect(again.size()).toBe(2);
    again.close();
    expect(() => disk.open(`${root}/none`, 'read')).toThrow(DiskError);
    expect(codeOf(() => disk.open(`${root}/none`, 'read'))).toBe('ENOENT');
    expect(codeOf(() => disk.readFile(`${root}/none`))).toBe('ENOENT');
  });

  test(`${name}: names are listed, renamed and removed`, async () => {
    const { disk, root } = makeDisk();
    disk.makeDirectory(`${root}/x/y`);
    disk.replaceFile(`${root}/x/y/f`, Buffer.from('1'));
    disk.replaceFile(`${root}/x/y/f`, Buffer.from('2'));
    disk.rename(`${root}/x/y`, `${root}/x/z`);
    expect(disk.list(`${root}/x`)).toEqual(['z']);
    expect(disk.list(`${root}/x/z`)).toEqual(['f']);
    expect(disk.readFile(`${root}/x/z/f`).toString()).toBe('2');
    expect(disk.stat(`${root}/x/z`)?.isDirectory).toBe(true);
    expect(disk.stat(`${root}/x/z/f`)).toMatchObject({ size: 1, isDirectory: false });
    expect(disk.stat(`${root}/x/y`)).toBeUndefined();
    await disk.syncDirectory(`${root}/x`);
    disk.remove(`${root}/x/z/f`);
    expect(codeOf(() => disk.remove(`${root}/x/z/f`))).toBe('ENOENT');
    disk.removeDirectory(`${root}/x`);
    disk.removeDirectory(`${root}/x`);
    expect(disk.list(root)).toEqual([]);
  });

  test(`${name}: files and directories are removed off the loop`, async () => {
    const { disk, root } = makeDisk();
    disk.makeDirectory(`${root}/x/y`);
    disk.replaceFile(`${root}/x/y/f`, Buffer.from('1'));
    disk.replaceFile(`${root}/g`, Buffer.from('2'));
    await disk.removeAsync(`${root}/g`);
    await expect(disk.removeAsync(`${root}/g`)).rejects.toMatchObject({ code: 'ENOENT' });
    await disk.removeDirectoryAsync(`${root}/x`);
    await disk.removeDirectoryAsync(`${root}/x`);
    expect(disk.list(root)).toEqual([]);
  });

  test(`${name}: an open file survives its renaming and removal`, async () => {
    const { disk, root } = makeDisk();
    const file = disk.open(`${root}/c`, 'write');
    file.write([Buffer.from('one')], 0);
    disk.rename(`${root}/c`, `${root}/d`);
    file.write([Buffer.from('two')], 3);
    await file.sync();
    file.syncNow();
    expect(disk.readFile(`${root}/d`).toString()).toBe('onetwo');
    disk.remove(`${root}/d`);
    expect(file.read(0, 6).toString()).toBe('onetwo');
    file.close();
  });

  test(`${name}: a lock is held once, until it is given back`, () => {
    const { disk, root } = makeDisk();
    expect(disk.lock(`${root}/.lock`)).toBe(true);
    expect(disk.lock(`${root}/.lock`)).toBe(false);
    disk.unlock(`${root}/.lock`);
    expect(disk.lock(`${root}/.lock`)).toBe(true);
    expect(disk.freeBytes(root).usable).toBeGreaterThan(0);
  });
}

function codeOf(operation: () => unknown): string | undefined {
  try {
    operation();
    return undefined;
  } catch (error) {
    return error instanceof DiskError ? error.code : 'not a DiskError';
  }
}
