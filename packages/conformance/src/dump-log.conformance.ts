/**
 * `tidelog dump-log` over files that Apache Kafka wrote: every codec, an idempotent producer and transactions, several
 * segments. It finds as many records as were produced and nothing wrong; a damaged byte it finds.
 */
import { readdirSync, readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KafkaProcess } from './support/kafka-process.ts';
import { writeLines } from './support/records.ts';
import { runProgram } from './support/shell.ts';
import { findKafkaTools } from './support/tools.ts';

const tools = findKafkaTools();
const classPath = typeof tools === 'string' ? tools : '';
if (typeof tools !== 'string') {
  console.log(`dump-log tests skipped: ${tools.missing}`);
  if (process.env['CI'] === 'true') throw new Error(tools.missing);
}

const count = 30_000;
const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const main = resolve(import.meta.dirname, '../../cli/src/main.ts');

interface Summary {
  readonly file: string;
  readonly records?: number;
  readonly batches?: number;
  readonly entries?: number;
  readonly problems: readonly string[];
}

describe.skipIf(typeof tools !== 'string')('dump-log reads what Apache Kafka wrote', () => {
  let kafka: KafkaProcess;
  let input: string;
  let directory: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tidelog-dump-'));
    input = join(directory, 'input');
    writeLines(input, count);
    kafka = await KafkaProcess.start(classPath, { 'log.segment.bytes': '1048576', 'log.index.interval.bytes': '1024' });
    for (const codec of codecs) await consoleProduce(codec);
    await perfTransactions();
    await kafka.stop();
  });

  afterAll(async () => {
    await kafka?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  const java = (...args: string[]): { program: string; args: string[] } => ({
    program: 'java',
    args: ['-Xmx256m', '-cp', classPath, ...args],
  });

  const consoleProduce = async (codec: string): Promise<void> => {
    const properties = ['--command-property', `compression.type=${codec}`, '--command-property', 'linger.ms=20'];
    const args = ['--bootstrap-server', kafka.bootstrap, '--topic', `dump-${codec}`, ...properties];
    await runProgram({ ...java('org.apache.kafka.tools.ConsoleProducer', ...args), stdin: input });
  };

  const perfTransactions = async (): Promise<void> => {
    const size = ['--num-records', String(count), '--record-size', '100', '--throughput', '20000'];
    const transaction = ['--transactional-id', 'dump', '--transaction-duration-ms', '50'];
    const args = ['--topic', 'dump-transactions', ...size, ...transaction];
    const to = ['--bootstrap-server', kafka.bootstrap];
    await runProgram(java('org.apache.kafka.tools.ProducerPerformance', ...args, ...to));
  };

  const dump = async (...args: string[]): Promise<Record<string, unknown>[]> => {
    const all = ['--conditions=source', main, 'dump-log', '--json', ...args];
    const text = await runProgram({ program: process.execPath, args: all, mayFail: true });
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };

  const summaries = async (...args: string[]): Promise<Summary[]> =>
    (await dump(...args)).filter(({ type }) => type === 'summary') as unknown as Summary[];

  test.each(codecs)('all records of %s', async (codec) => {
    const path = join(kafka.dataDirectory, `dump-${codec}-0`);
    const found = await summaries('--deep-iteration', '--files', path);
    expect(found.flatMap(({ file, problems }) => problems.map((problem) => `${file}: ${problem}`))).toEqual([]);
    const logs = found.filter(({ file }) => file.endsWith('.log'));
    expect(logs.length).toBeGreaterThan(codec === 'none' ? 1 : 0);
    expect(logs.reduce((sum, { records = 0 }) => sum + records, 0)).toBe(count);
    expect(found.some(({ file, entries = 0 }) => file.endsWith('.index') && entries > 0)).toBe(true);
    expect(found.some(({ file, entries = 0 }) => file.endsWith('.timeindex') && entries > 0)).toBe(true);
  });

  test('transactions: data, markers, producer snapshots', async () => {
    const path = join(kafka.dataDirectory, 'dump-transactions-0');
    const lines = await dump('--print-data-log', '--files', path);
    const of = (type: string): Record<string, unknown>[] => lines.filter((line) => line['type'] === type);
    expect(of('summary').flatMap(({ problems }) => problems)).toEqual([]);
    const markers = of('record').filter(({ control }) => control !== undefined);
    expect(of('record').length - markers.length).toBe(count);
    expect(markers.length).toBeGreaterThan(3);
    expect(new Set(markers.map(({ control }) => String(control).split(' ')[1]))).toEqual(new Set(['COMMIT']));
    expect(of('batch').every(({ isTransactional }) => isTransactional)).toBe(true);
    const snapshots = of('summary').filter(({ file }) => String(file).endsWith('.snapshot'));
    expect(snapshots.at(-1)).toMatchObject({ entries: 1 });
  });

  test("the coordinators' own topics", async () => {
    const names = readdirSync(kafka.dataDirectory).filter((name) => name.startsWith('__transaction_state-'));
    const found = await summaries('--deep-iteration', '--files', names.map((n) => join(kafka.dataDirectory, n)).join());
    expect(found.flatMap(({ problems }) => problems)).toEqual([]);
    expect(found.reduce((sum, { records = 0 }) => sum + records, 0)).toBeGreaterThan(0);
  });

  test('a damaged byte is found, and so is a cut end', async () => {
    const path = join(kafka.dataDirectory, 'dump-lz4-0', '00000000000000000000.log');
    const bytes = readFileSync(path);
    const spoilt = join(directory, '00000000000000000000.log');
    // Of the first batch, also when a slow producer put one record into it.
    const place = 65;
    bytes[place] = (bytes[place] ?? 0) ^ 1;
    writeFileSync(spoilt, bytes);
    expect((await summaries('--deep-iteration', '--files', spoilt))[0]?.problems).toEqual([
      'the batch of offset 0 at byte 0: wrong checksum',
    ]);
    bytes[place] = (bytes[place] ?? 0) ^ 1;
    writeFileSync(spoilt, bytes.subarray(0, -1));
    expect((await summaries('--files', spoilt))[0]?.problems[0]).toMatch(/are no whole batch/);
  });
});
