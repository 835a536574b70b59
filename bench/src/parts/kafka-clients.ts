/**
 * Apache Kafka's own perf tools against Tidelog and against Apache Kafka, with the same options, in turns: records a
 * second as the tool counts them, and processor time per record of the broker. Skipped, with the reason, where there is
 * no JDK or no jars.
 */
import { spawn } from 'node:child_process';
import { BrokerProcess, tidelog } from '../support/broker-process.ts';
import { connectTo, createTopics, firstAcknowledgedRecord } from '../support/client.ts';
import { figureOf, type Figure, type Goal } from '../support/figure.ts';
import { findKafka, javaArguments, type KafkaJars } from '../support/kafka-jars.ts';
import type { Part, PartContext } from '../support/part.ts';
import { cpuSeconds } from '../support/process-facts.ts';

interface Workload {
  readonly name: string;
  readonly recordBytes: number;
  readonly records: number;
}

const workloads: readonly Workload[] = [
  { name: '100 B', recordBytes: 100, records: 3_000_000 },
  { name: '1 KiB', recordBytes: 1024, records: 500_000 },
];

interface Sample {
  readonly perSecond: number;
  readonly cpuMicrosPerRecord: number;
}

export const kafkaClients: Part = {
  name: 'kafka-clients',
  about: "Apache Kafka's perf tools against Tidelog and Apache Kafka",
  async run(context) {
    const jars = findKafka();
    if ('missing' in jars) {
      context.skip(`Apache Kafka's perf tools: ${jars.missing}`);
      return [];
    }
    await using ours = await BrokerProcess.prepare(tidelog);
    await using theirs = await BrokerProcess.prepare({ name: 'kafka', jars });
    for (const broker of [ours, theirs]) await startBroker(broker);
    const figures: Figure[] = [];
    for (const workload of workloads) figures.push(...(await measure([ours, theirs], { workload, jars, context })));
    return figures;
  },
};

async function startBroker(broker: BrokerProcess): Promise<void> {
  broker.spawn();
  const connection = connectTo(broker.port);
  await firstAcknowledgedRecord(connection, 'warm');
  connection.close();
}

interface Setting {
  readonly workload: Workload;
  readonly jars: KafkaJars;
  readonly context: PartContext;
}

async function measure(brokers: readonly BrokerProcess[], setting: Setting): Promise<Figure[]> {
  const produced: Sample[][] = [[], []];
  const consumed: Sample[][] = [[], []];
  let canConsume = true;
  const { workload, context } = setting;
  for (let round = -1; round < context.rounds; round++) {
    for (const [i, broker] of brokers.entries()) {
      const topic = `perf-${workload.recordBytes}-${round + 1}`;
      await makeTopic(broker, topic);
      const sample = await produce(broker, topic, setting);
      if (round >= 0) produced[i]?.push(sample);
      if (!canConsume) continue;
      const read = await consume(broker, topic, setting);
      if (read === undefined) {
        canConsume = false;
        context.skip(`ConsumerPerformance: ${broker.name} does not serve its consumer group`);
      } else if (round >= 0) consumed[i]?.push(read);
    }
  }
  const figures = figuresOf(`producer, ${workload.name}`, produced);
  return canConsume ? [...figures, ...figuresOf(`consumer, ${workload.name}`, consumed)] : figures;
}

function figuresOf(name: string, [ours = [], theirs = []]: readonly Sample[][]): Figure[] {
  const part = 'kafka-clients';
  const atLeast: Goal = { kind: 'atLeast', value: 1, of: 'ratio' };
  const atMost: Goal = { kind: 'atMost', value: 1, of: 'ratio' };
  const against = (values: readonly number[]) => ({ name: 'Apache Kafka', values });
  return [
    figureOf({
      part,
      name,
      unit: 'records/s',
      values: ours.map(({ perSecond }) => perSecond),
      against: against(theirs.map(({ perSecond }) => perSecond)),
      goals: [atLeast],
    }),
    figureOf({
      part,
      name: `${name}: broker CPU`,
      unit: 'µs/record',
      values: ours.map(({ cpuMicrosPerRecord }) => cpuMicrosPerRecord),
      against: against(theirs.map(({ cpuMicrosPerRecord }) => cpuMicrosPerRecord)),
      goals: [atMost],
    }),
  ];
}

async function makeTopic(broker: BrokerProcess, name: string): Promise<void> {
  const connection = connectTo(broker.port);
  await createTopics(connection, [{ name, partitions: 1 }]);
  connection.close();
  await new Promise((done) => void setTimeout(done, 300));
}

/** "500000 records sent, 251509.1 records/sec (24.0 MB/sec), ..." is the tool's last line. */
async function produce(broker: BrokerProcess, topic: string, { workload, jars }: Setting): Promise<Sample> {
  const { recordBytes, records } = workload;
  const properties = ['--command-property', `bootstrap.servers=127.0.0.1:${broker.port}`, 'acks=1'];
  const counts = ['--topic', topic, '--num-records', `${records}`, '--record-size', `${recordBytes}`];
  const tool = 'org.apache.kafka.tools.ProducerPerformance';
  const before = cpuSeconds(broker.pid);
  const output = await runTool(jars, [tool, ...counts, '--throughput', '-1', ...properties]);
  const cpu = cpuSeconds(broker.pid) - before;
  const last = [...output.matchAll(/^(\d+) records sent, ([\d.]+) records\/sec/gm)].at(-1);
  if (last === undefined || Number(last[1]) !== records) throw new Error(`${tool} on ${broker.name}: ${output}`);
  return { perSecond: Number(last[2]), cpuMicrosPerRecord: (cpu * 1e6) / records };
}

/** A line of comma-separated figures; the last but two is records a second while fetching. */
async function consume(broker: BrokerProcess, topic: string, { workload, jars }: Setting): Promise<Sample | undefined> {
  const { records } = workload;
  const before = cpuSeconds(broker.pid);
  const tool = 'org.apache.kafka.tools.ConsumerPerformance';
  const where = ['--bootstrap-server', `127.0.0.1:${broker.port}`, '--topic', topic];
  const output = await runTool(jars, [
    tool,
    ...where,
    '--num-records',
    `${records}`,
    '--hide-header',
    '--timeout',
    '15000',
  ]);
  const cpu = cpuSeconds(broker.pid) - before;
  const fields = output
    .split('\n')
    .map((line) => line.split(',').map((field) => field.trim()))
    .findLast((line) => line.length >= 10);
  const [read, perSecond] = [Number(fields?.[4]), Number(fields?.[9])];
  return read >= records ? { perSecond, cpuMicrosPerRecord: (cpu * 1e6) / records } : undefined;
}

function runTool(jars: KafkaJars, args: readonly string[]): Promise<string> {
  const child = spawn('java', [...javaArguments(jars, '512M'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk: Buffer): void => void (output += chunk.toString('utf8'));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve(output));
  });
}
