/** What npm starts ends with npm: its shell passes no signal on, and brokers must not outlive their supervisor. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TidelogCluster, type TidelogProcess } from './support/tidelog-process.ts';

const root = resolve(import.meta.dirname, '../../..');
let cluster: TidelogCluster;
let node: TidelogProcess;

beforeAll(async () => {
  cluster = await TidelogCluster.start({ brokers: 1 });
  node = cluster.node(1);
  await node.signal('SIGTERM');
});

afterAll(async () => await cluster?.[Symbol.asyncDispose]());

const isReady = async (): Promise<boolean> => {
  const response = await fetch(`http://127.0.0.1:${node.httpPort}/readyz`).catch(() => undefined);
  return response?.ok === true;
};

test('SIGTERM to npm stops the broker that it started, in good order', async () => {
  const marker = join(node.dataDirectory, '.kafka_cleanshutdown');
  const properties = join(node.directory, 'server.properties');
  const npm = spawn('npm', ['run', 'tidelog', '--', 'server', properties], { cwd: root, stdio: 'ignore' });
  await expect.poll(isReady, { timeout: 60_000 }).toBe(true);
  expect(existsSync(marker)).toBe(false);
  npm.kill('SIGTERM');
  await expect.poll(() => existsSync(marker), { timeout: 20_000 }).toBe(true);
  await expect.poll(isReady, { timeout: 20_000 }).toBe(false);
});
