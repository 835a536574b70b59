/**
 * acks=all with three replicas on one machine: Apache Kafka's own producer-performance tool against three Tidelog nodes
 * and against three of Apache Kafka, with the same options, in turns. Throughput at full speed, and the latency that
 * the tool reports at a fixed, low rate. min.insync.replicas is 2 and there is one topic per run.
 */
import { spawn } from 'node:child_process';
import { DeleteTopics } from '@tidelog/protocol';
import { tidelog } from '../support/broker-process.ts';
import { figureOf, type Figure, type Goal } from '../support/figure.ts';
import { findKafka, javaArguments, type KafkaJars } from '../support/kafka-jars.ts';
import { createReplicated, LiveCluster } from '../support/live-cluster.ts';
import type { Part, PartContext } from '../support/part.ts';
import { pause } from '../support/pause.ts';
import { cpuSeconds } from '../support/process-facts.ts';

interface Load {
  readonly recordBytes: number;
  readonly records: number;
  /** Records a second; -1 as fast as it can. */
  readonly throughput: number;
  /** Sent first and not counted in the summary. */
  readonly warmup?: number;
}

interface Sample {
  readonly perSecond: number;
  readonly p99Ms: number;
  readonly cpuMicrosPerRecord: number;
}

const fast: readonly Load[] = [
  { recordBytes: 1024, records: 200_000, throughput: -1 },
  { recordBytes: 100, records: 600_000, throughput: -1 },
];
/** The first seconds, in which the tool itself warms up, are left out. */
const steady: Load = { recordBytes: 1024, records: 12_000, throughput: 1000, warmup: 2000 };
const partitions = 6;

export const replication: Part = {
  name: 'replication',
  about: 'acks=all with three replicas, throughput and latency, beside Apache Kafka',
  async run(context) {
    const jars = findKafka();
    if ('missing' in jars) {
      context.skip(`acks=all with three replicas beside Apache Kafka: ${jars.missing}`);
      return [];
    }
    await using ours = await LiveCluster.start(tidelog);
    await using theirs = await LiveCluster.start({ name: 'kafka', jars });
    const run = async (load: Load): Promise<Pair> => await inTurns([ours, theirs], { load, jars, context });
    const figures: Figure[] = [];
    for (const load of fast) figures.push(...throughputFigures(load, await run(load)));
    figures.push(latencyFigure(await run(steady)));
    return figures;
  },
};

interface Pair {
  readonly ours: readonly Sample[];
  readonly theirs: readonly Sample[];
}

interface Setting {
  readonly load: Load;
  readonly jars: KafkaJars;
  readonly context: PartContext;
}

/** The first turn of each warms it up. */
async function inTurns([ours, theirs]: readonly [LiveCluster, LiveCluster], setting: Setting): Promise<Pair> {
  const pair: { ours: Sample[]; theirs: Sample[] } = { ours: [], theirs: [] };
  for (let round = -1; round < setting.context.rounds; round++) {
    const own = await measure(ours, setting);
    const other = await measure(theirs, setting);
    if (round < 0) continue;
    pair.ours.push(own);
    pair.theirs.push(other);
  }
  return pair;
}

let topics = 0;

async function measure(cluster: LiveCluster, { load, jars }: Setting): Promise<Sample> {
  const topic = `replicated-${topics++}`;
  await createReplicated(cluster.first.connection, topic, partitions);
  await pause(500);
  const cpu = (): number => cluster.running.reduce((sum, { id }) => sum + cpuSeconds(cluster.pid(id)), 0);
  const before = cpu();
  const summary = summaryOf(await produce(cluster.bootstrap, topic, { load, jars }));
  const cpuMicrosPerRecord = ((cpu() - before) * 1e6) / load.records;
  await cluster.first.connection.send(DeleteTopics, { topicNames: [topic], timeoutMs: 10_000 }, { version: 5 });
  return { ...summary, cpuMicrosPerRecord };
}

function produce(bootstrap: string, topic: string, { load, jars }: Pick<Setting, 'load' | 'jars'>): Promise<string> {
  const tool = 'org.apache.kafka.tools.ProducerPerformance';
  const { recordBytes, records, throughput, warmup } = load;
  const args = ['--topic', topic, '--num-records', String(records), '--record-size', String(recordBytes)];
  const settings = [`bootstrap.servers=${bootstrap}`, 'acks=all', 'enable.idempotence=true'];
  if (warmup !== undefined) args.push('--warmup-records', String(warmup));
  const java = [...javaArguments(jars, '512M'), tool, ...args, '--throughput', String(throughput)];
  const child = spawn('java', [...java, '--producer-props', ...settings], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve(output) : reject(new Error(`${tool} failed: ${output}`))));
  });
}

/** `1000 records sent, 998.0 records/sec (...), 2.10 ms avg latency, 40.00 ms max latency, ... 9 ms 99th, ...` */
function summaryOf(output: string): { readonly perSecond: number; readonly p99Ms: number } {
  const line = output.split('\n').findLast((text) => text.includes('99th'));
  const number = (pattern: RegExp): number => Number(pattern.exec(line ?? '')?.[1] ?? Number.NaN);
  const summary = { perSecond: number(/([\d.]+) records\/sec/), p99Ms: number(/([\d.]+) ms 99th/) };
  if (Number.isNaN(summary.perSecond) || Number.isNaN(summary.p99Ms)) throw new Error(`not understood: ${output}`);
  return summary;
}

function throughputFigures({ recordBytes }: Load, { ours, theirs }: Pair): Figure[] {
  const goal: Goal = { kind: 'atLeast', value: 1, of: 'ratio' };
  return [
    figure(`acks=all, 3 replicas, ${recordBytes} B`, 'records/s', { ours, theirs, of: (one) => one.perSecond, goal }),
    figure(`${recordBytes} B: CPU of all three`, 'us/record', { ours, theirs, of: (one) => one.cpuMicrosPerRecord }),
  ];
}

function latencyFigure({ ours, theirs }: Pair): Figure {
  const goal: Goal = { kind: 'atMost', value: 1, of: 'ratio' };
  return figure('p99 at 1,000 records/s', 'ms', { ours, theirs, of: (one) => one.p99Ms, goal });
}

interface Compared extends Pair {
  readonly of: (sample: Sample) => number;
  readonly goal?: Goal;
}

function figure(name: string, unit: string, { ours, theirs, of, goal }: Compared): Figure {
  return figureOf({
    part: 'replication',
    name,
    unit,
    values: ours.map(of),
    against: { name: 'Apache Kafka', values: theirs.map(of) },
    ...(goal === undefined ? {} : { goals: [goal] }),
  });
}
