/** kcat (librdkafka) against one real broker process: every codec, byte for byte, also through a kill -9. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digestOf, writeLines } from './support/records.ts';
import { runProgram } from './support/shell.ts';
import { TidelogCluster } from './support/tidelog-process.ts';
import { findKcat } from './support/tools.ts';

const kcat = findKcat();
if (typeof kcat !== 'string') {
  console.log(`kcat tests skipped: ${kcat.missing}`);
  if (process.env['CI'] === 'true') throw new Error(kcat.missing);
}

const count = Number(process.env['TIDELOG_CONFORMANCE_RECORDS'] ?? 1_000_000);

describe.skipIf(typeof kcat !== 'string')('kcat', () => {
  let cluster: TidelogCluster;
  let directory: string;
  let input: string;
  let digest: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tidelog-kcat-'));
    input = join(directory, 'input');
    digest = writeLines(input, count);
    cluster = await TidelogCluster.start({ brokers: 1 });
  });

  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  const produce = async (topic: string, codec: string, extra: readonly string[] = []): Promise<void> => {
    const args = ['-b', cluster.bootstrap, '-P', '-t', topic, '-p', '0', '-z', codec, '-l', ...extra, input];
    await runProgram({ program: 'kcat', args });
  };

  const consume = async (topic: string): Promise<string> => {
    const stdout = join(directory, `${topic}.out`);
    const args = ['-b', cluster.bootstrap, '-C', '-t', topic, '-p', '0', '-o', 'beginning', '-e', '-q'];
    await runProgram({ program: 'kcat', args, stdout });
    const found = digestOf(stdout);
    rmSync(stdout);
    return found;
  };

  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('what goes in with %s comes out the same', async (codec) => {
    await produce(`codec-${codec}`, codec);
    expect(await consume(`codec-${codec}`)).toBe(digest);
  });

  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
    'a kill -9 in the middle of producing with %s loses nothing, repeats nothing and keeps the order',
    async (codec) => {
      const node = cluster.node(1);
      const topic = `killed-${codec}`;
      const producing = produce(topic, codec, ['-X', 'enable.idempotence=true', '-X', 'message.timeout.ms=120000']);
      await partWritten(cluster, topic);
      await node.signal('SIGKILL');
      node.spawn();
      await node.ready();
      await producing;
      expect(await consume(topic)).toBe(digest);
      await node.signal('SIGKILL');
      node.spawn();
      await node.ready();
      expect(await consume(topic)).toBe(digest);
    },
  );
});

/** Waits until the topic has some records, but not long enough to have them all. */
async function partWritten(cluster: TidelogCluster, topic: string): Promise<void> {
  for (;;) {
    const args = ['-b', cluster.bootstrap, '-Q', '-t', `${topic}:0:-1`];
    const answer = await runProgram({ program: 'kcat', args }).catch(() => '');
    if (Number(/offset (\d+)/.exec(answer)?.[1] ?? 0) > count / 20) return;
  }
}
