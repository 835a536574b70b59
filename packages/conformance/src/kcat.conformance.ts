/** kcat (librdkafka) against one real broker process: every codec, byte for byte, also through a kill -9. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
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

  const produce = async (topic: string, codec: string): Promise<void> => {
    const args = ['-b', cluster.bootstrap, '-P', '-t', topic, '-p', '0', '-z', codec, '-l', input];
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
    'a kill -9 in the middle of producing with %s loses nothing acknowledged, repeats nothing and keeps the order',
    async (codec) => {
      const node = cluster.node(1);
      const topic = `killed-${codec}`;
      const said = join(directory, `${topic}.err`);
      // kcat ends when its only broker is gone; until then it tells every acknowledged offset (-v -v -v).
      const args = ['-b', cluster.bootstrap, '-P', '-t', topic, '-p', '0', '-z', codec, '-l', '-v', '-v', '-v'];
      const flags = ['-X', 'enable.idempotence=true', '-X', 'linger.ms=2'];
      const producing = runProgram({ program: 'kcat', args: [...args, ...flags, input], stderr: said, mayFail: true });
      await partWritten(cluster, topic);
      await node.signal('SIGKILL');
      await producing;
      node.spawn();
      await node.ready();
      const acknowledged = lastAcknowledged(said);
      const stdout = join(directory, `${topic}.out`);
      const all = ['-b', cluster.bootstrap, '-C', '-t', topic, '-p', '0', '-o', 'beginning', '-e', '-q'];
      await runProgram({ program: 'kcat', args: all, stdout });
      const found = readFileSync(stdout);
      const lines = found.reduce((sum, byte) => sum + (byte === 10 ? 1 : 0), 0);
      expect(acknowledged).toBeGreaterThan(0);
      expect(lines).toBeGreaterThan(acknowledged);
      expect(readFileSync(input).subarray(0, found.length).equals(found)).toBe(true);
    },
  );
});

function lastAcknowledged(path: string): number {
  const text = readFileSync(path, 'utf8');
  let last = -1;
  for (const match of text.matchAll(/delivered .*\(offset (\d+)\)/g)) last = Math.max(last, Number(match[1]));
  return last;
}

/** Waits until the topic has some records, but not long enough to have them all. */
async function partWritten(cluster: TidelogCluster, topic: string): Promise<void> {
  for (;;) {
    const args = ['-b', cluster.bootstrap, '-Q', '-t', `${topic}:0:-1`];
    const answer = await runProgram({ program: 'kcat', args }).catch(() => '');
    if (Number(/offset (\d+)/.exec(answer)?.[1] ?? 0) > count / 20) return;
  }
}
