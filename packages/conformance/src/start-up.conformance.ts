/**
 * A node that does not become ready: its quorum is down. It says so over HTTP and in its log, and SIGTERM ends it as
 * cleanly as one that served.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TidelogCluster, type TidelogProcess } from './support/tidelog-process.ts';

/** A process needs a good second to come up, and ten times that where there is next to no processor for it. */
const patiently = { timeout: 60_000, interval: 50 };

let cluster: TidelogCluster;
let node: TidelogProcess;

beforeAll(async () => {
  cluster = await TidelogCluster.start({ brokers: 3 });
  await Promise.all(cluster.nodes.map((one) => one.signal('SIGTERM')));
  node = cluster.node(1);
  node.spawn();
});

afterAll(async () => await cluster?.[Symbol.asyncDispose]());

const ask = async (path: string): Promise<{ status: number; body: string } | undefined> => {
  const response = await fetch(`http://127.0.0.1:${node.httpPort}${path}`).catch(() => undefined);
  return response && { status: response.status, body: await response.text() };
};

test('/healthz answers although the node is not ready', async () => {
  await expect.poll(() => ask('/healthz'), patiently).toMatchObject({ status: 200 });
});

test('/readyz says why it is not', async () => {
  await expect.poll(() => ask('/readyz'), patiently).toMatchObject({ status: 503 });
  expect((await ask('/readyz'))?.body).toContain('the broker is registering');
});

test('/metrics is there', async () => {
  const metrics = (await ask('/metrics'))?.body;
  expect(metrics).toMatch(/^process_open_fds \d+/m);
});

test('the log is written', async () => {
  await expect.poll(() => node.output(), patiently).toContain('registering with the controller');
});

test('SIGTERM stops it within seconds, with 0 and the logs marked clean', async () => {
  const marker = join(node.dataDirectory, '.kafka_cleanshutdown');
  expect(existsSync(marker)).toBe(false);
  const before = Date.now();
  expect(await node.signal('SIGTERM')).toBe(0);
  // Somebody who waited for the quorum would wait for the thirty seconds of a request, or for ever.
  expect(Date.now() - before).toBeLessThan(20_000);
  expect(existsSync(marker)).toBe(true);
});
