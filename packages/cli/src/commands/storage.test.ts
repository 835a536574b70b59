import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNodeWorld } from '@tidelog/core';
import { readIdentity } from '@tidelog/server';
import { Command } from 'commander';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { addStorage } from './storage.ts';

let directory: string;

beforeEach(() => {
  vi.spyOn(console, 'log').mockReturnValue(undefined);
  directory = mkdtempSync(join(tmpdir(), 'tidelog-storage-'));
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': '1@localhost:9093',
    listeners: 'PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(directory, 'data'),
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(join(directory, 'server.properties'), lines.join(''));
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true });
});

async function format(...flags: string[]): Promise<string | undefined> {
  const program = new Command();
  addStorage(program);
  const args = ['storage', 'format', '-t', 'cluster', '-c', join(directory, 'server.properties'), ...flags];
  await program.parseAsync(args, { from: 'user' });
  return readIdentity(createNodeWorld().disk, join(directory, 'data'))?.clusterId;
}

test('levels that a cluster begins with anyway may be asked for', async () => {
  expect(await format('--release-version', '4.3', '--ignore-formatted')).toBe('cluster');
  expect(await format('-g', '-f', 'kraft.version=0', '-f', 'group.version=1')).toBe('cluster');
});

test.each([
  [['-r', '4.0'], 'a new cluster begins with metadata.version 30, not 25'],
  [['-f', 'kraft.version=1'], 'a new cluster begins with kraft.version 0, not 1'],
  [['-f', 'tide.version=1'], 'there is no feature tide.version'],
  [['-S', 'SCRAM-SHA-256=[name=alice,password=secret]'], 'this version has no SCRAM'],
])('what would not be done is refused, and nothing is formatted: %s', async (flags, message) => {
  await expect(format(...flags)).rejects.toThrow(message);
  expect(readIdentity(createNodeWorld().disk, join(directory, 'data'))).toBeUndefined();
});
