/**
 * Compacting one log: bytes read and written per second of one core, and how long the event loop is held meanwhile.
 * Three shapes: a topic of 1 KiB records in batches of 16 KiB, one of 100 B records, and `__consumer_offsets` as a
 * million keys in batches of one record, which is then read from front to back as a coordinator that loads does. Each
 * line of JSON is one shape. Run it alone: node --conditions=source bench/src/compaction.ts [directory]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Chunks, createNodeWorld, silentLogger, zeroUuid, type Counter, type Metrics } from '@tidelog/core';
import { defaultLogConfig, LogStore, type PartitionLog } from '@tidelog/log';
import { batchesOf, buildBatch, type Codec } from '@tidelog/protocol';

interface Shape {
  readonly name: string;
  readonly keys: number;
  readonly records: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly perBatch: number;
  readonly codec: Codec;
  readonly dedupeBufferBytes?: number;
}

const shapes: readonly Shape[] = [
  { name: '1 KiB', keys: 50_000, records: 400_000, keyBytes: 16, valueBytes: 1000, perBatch: 16, codec: 'none' },
  { name: '100 B', keys: 500_000, records: 3_000_000, keyBytes: 16, valueBytes: 76, perBatch: 160, codec: 'none' },
  { name: '1 KiB, lz4', keys: 50_000, records: 400_000, keyBytes: 16, valueBytes: 1000, perBatch: 16, codec: 'lz4' },
  { name: 'offsets', keys: 1_000_000, records: 2_000_000, keyBytes: 40, valueBytes: 28, perBatch: 1, codec: 'none' },
];

const world = createNodeWorld();
const root = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'tidelog-compaction-'));
const mebibyte = 1024 * 1024;

class Counts implements Metrics {
  readonly totals = new Map<string, number>();

  counter({ name }: { readonly name: string }): Counter {
    return { add: (amount = 1) => void this.totals.set(name, (this.totals.get(name) ?? 0) + amount) };
  }

  gauge(): { set(): void; remove(): void } {
    return { set: () => undefined, remove: () => undefined };
  }

  gaugeOf(): void {
    return undefined;
  }

  histogram(): { observe(): void } {
    return { observe: () => undefined };
  }
}

async function fill(log: PartitionLog, shape: Shape): Promise<void> {
  const noise = Buffer.from(world.random.bytes(mebibyte).toString('hex'));
  const timestamp = world.clock.wall();
  let next = 0;
  for (let done = 0; done < shape.records; done += shape.perBatch) {
    const records = Array.from({ length: shape.perBatch }, () => {
      next = (next + 7_919) % shape.keys;
      return {
        key: Buffer.from(`key-${next}`.padEnd(shape.keyBytes, '.')),
        value: noise.subarray(next, next + shape.valueBytes),
        timestamp,
      };
    });
    const outcome = log.append(Chunks.of(buildBatch({ records, codec: shape.codec })), {
      origin: 'client',
      leaderEpoch: 0,
      wallNow: timestamp,
    });
    if (outcome.kind !== 'accepted') throw new Error(outcome.kind === 'refused' ? outcome.detail : outcome.kind);
    if (done % (shape.perBatch * 100) !== 0) continue;
    do await new Promise((resolve) => void setImmediate(resolve));
    while (log.nextOffset > log.logEndOffset);
  }
  await log.flush();
  log.updateHighWatermark(log.logEndOffset);
}

/** Milliseconds that a reader needs from front to back, and how many batches it meets. */
async function readAll(log: PartitionLog): Promise<{ readonly tookMs: number; readonly batches: number }> {
  const start = performance.now();
  let batches = 0;
  for (let offset = log.logStartOffset; offset < log.logEndOffset;) {
    const upTo = log.logEndOffset;
    const outcome = await log.read({ offset, maxBytes: 5 * mebibyte, minOneBatch: true, upTo });
    if (outcome.kind !== 'data') throw new Error(outcome.kind);
    for (const { header } of batchesOf(outcome.records)) {
      offset = Math.max(offset, header.nextOffset);
      batches++;
    }
  }
  return { tookMs: performance.now() - start, batches };
}

/** How late timers are in this process while it does nothing: what the machine's other load does to the figure. */
async function idleDelayP99Ms(): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await new Promise((resolve) => void setTimeout(resolve, 2000));
  delay.disable();
  return milliseconds(delay.percentile(99));
}

function milliseconds(nanoseconds: number): number {
  return Number((nanoseconds / 1e6).toFixed(1));
}

async function measure(shape: Shape): Promise<void> {
  const directory = `${root}/${shape.name.replaceAll(/\W/g, '-')}`;
  const metrics = new Counts();
  const config = {
    ...defaultLogConfig,
    cleanupPolicy: ['compact'] as const,
    segmentBytes: 100 * mebibyte,
    minCleanableDirtyRatio: 0,
  };
  const store = await LogStore.open({
    world,
    logger: silentLogger,
    logDirs: [{ path: directory, directoryId: zeroUuid }],
    config: { logDefaults: config, tailBytes: 0 },
    metrics,
  });
  const log = store.create({ topic: 'bench', topicId: zeroUuid, partition: 0, config });
  await fill(log, shape);
  const bytesBefore = log.sizeInBytes;
  const idleP99 = await idleDelayP99Ms();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const cpu = process.cpuUsage();
  const start = performance.now();
  while (await store.cleaner.cleanFilthiest());
  const tookMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  delay.disable();
  const bytes =
    (metrics.totals.get('kafka_log_logcleaner_bytes_read_total') ?? 0) +
    (metrics.totals.get('kafka_log_logcleaner_bytes_written_total') ?? 0);
  const read = await readAll(log);
  const rate = (ms: number): number => Math.round(bytes / mebibyte / (ms / 1000));
  const line = {
    shape: shape.name,
    mebibytesBefore: Math.round(bytesBefore / mebibyte),
    mebibytesAfter: Math.round(log.sizeInBytes / mebibyte),
    mebibytesReadAndWritten: Math.round(bytes / mebibyte),
    mebibytesPerSecond: rate(tookMs),
    mebibytesPerCpuSecond: rate((user + system) / 1000),
    loopDelayP99Ms: milliseconds(delay.percentile(99)),
    loopDelayMaxMs: milliseconds(delay.max),
    idleLoopDelayP99Ms: idleP99,
    readBackMs: Math.round(read.tookMs),
    batchesReadBack: read.batches,
  };
  console.log(JSON.stringify(line));
  await store.close({ brokerEpoch: 0 });
  rmSync(directory, { recursive: true, force: true });
}

const only = process.env['SHAPE'];
for (const shape of shapes) if (only === undefined || shape.name === only) await measure(shape);
if (process.argv[2] === undefined) rmSync(root, { recursive: true, force: true });
