import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testDiskContract } from './disk-contract.ts';
import { NodeDisk } from './node-disk.ts';

const makeRoot = (): string => mkdtempSync(join(tmpdir(), 'tidelog-disk-'));

testDiskContract('node disk', () => ({ disk: new NodeDisk(), root: makeRoot() }));

test('a lock held by another process is refused, and free again once that process is gone', () => {
  const path = `${makeRoot()}/.lock`;
  const script = `
    import { NodeDisk } from ${JSON.stringify(new URL('./node-disk.ts', import.meta.url).pathname)};
    process.stdout.write(String(new NodeDisk().lock(${JSON.stringify(path)})));`;
  const other = (): string => execFileSync(process.execPath, ['--input-type=module', '-e', script]).toString();
  expect(other()).toBe('true');
  expect(new NodeDisk().lock(path)).toBe(true);
  expect(other()).toBe('false');
});
