/**
 * Apache Kafka's own Java programs: its console producer and consumer against Tidelog, its DumpLogSegments over the
 * files that Tidelog wrote.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digestOf, writeLines } from './support/records.ts';
import { runProgram } from './support/shell.ts';
import { TidelogCluster } from './support/tidelog-process.ts';
import { findKafkaTools } from './support/tools.ts';

const tools = findKafkaTools();
const classPath = typeof tools === 'string' ? tools : '';
if (typeof tools !== 'string') {
  console.log(`Java tests skipped: ${tools.missing}`);
  if (process.env['CI'] === 'true') throw new Error(tools.missing);
}

const count = Number(process.env['TIDELOG_CONFORMANCE_RECORDS'] ?? 200_000);
/** How the tool says that a file is not as it should be. */
const complaint = /mismatch|corrupt|invalid|exception|not found/i;

const java = (...args: string[]): { program: string; args: string[] } => ({
  program: 'java',
  args: ['-Xmx512m', '-cp', classPath, ...args],
});

describe.skipIf(typeof tools !== 'string')("Apache Kafka's tools", () => {
  let cluster: TidelogCluster;
  let directory: string;
  let input: string;
  let digest: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tidelog-java-'));
    input = join(directory, 'input');
    digest = writeLines(input, count);
    cluster = await TidelogCluster.start({ brokers: 1 });
  });

  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  const produce = (topic: string, codec: string): Promise<string> => {
    const properties = ['--command-property', `compression.type=${codec}`, '--command-property', 'linger.ms=20'];
    const args = ['--bootstrap-server', cluster.bootstrap, '--topic', topic, ...properties];
    return runProgram({ ...java('org.apache.kafka.tools.ConsoleProducer', ...args), stdin: input });
  };

  const consume = async (topic: string): Promise<string> => {
    const stdout = join(directory, `${topic}.out`);
    const from = ['--partition', '0', '--offset', 'earliest', '--max-messages', String(count), '--timeout-ms', '60000'];
    const args = ['--bootstrap-server', cluster.bootstrap, '--topic', topic, ...from];
    await runProgram({ ...java('org.apache.kafka.tools.consumer.ConsoleConsumer', ...args), stdout });
    const found = digestOf(stdout);
    rmSync(stdout);
    return found;
  };

  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('console producer with %s, console consumer', async (codec) => {
    await produce(`java-${codec}`, codec);
    expect(await consume(`java-${codec}`)).toBe(digest);
  });

  test('DumpLogSegments --deep-iteration --index-sanity-check finds nothing wrong with the files', async () => {
    const node = cluster.node(1);
    await node.signal('SIGTERM');
    const topics = readdirSync(node.dataDirectory).filter((name) => name.startsWith('java-'));
    expect(topics.length).toBe(5);
    for (const topic of topics) {
      const path = join(node.dataDirectory, topic);
      const files = readdirSync(path).filter((name) => /\.(log|index|timeindex|snapshot)$/.test(name));
      const list = files.map((name) => join(path, name)).join(',');
      const dump = java('org.apache.kafka.tools.DumpLogSegments', '--deep-iteration', '--files', list);
      expect(await runProgram(dump)).not.toMatch(complaint);
      const indexes = java('org.apache.kafka.tools.DumpLogSegments', '--index-sanity-check', '--files', list);
      expect(await runProgram(indexes)).not.toMatch(complaint);
    }
    node.spawn();
    await node.ready();
  });
});
