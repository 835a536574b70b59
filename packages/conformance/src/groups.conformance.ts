/**
 * Consumer groups of four clients and both protocols on three brokers: two members share twelve partitions, one of
 * them is killed, then the broker that coordinates the group, and together they deliver every record at least once.
 * Kafka's own tool sees their lag. Of cooperative members the one that leaves disturbs nobody else.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { coordinatorPartition } from '@tidelog/core';
import kafkajs, { type Admin, type Kafka as KafkaClient } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runProgram } from './support/shell.ts';
import { TidelogCluster } from './support/tidelog-process.ts';
import { findKafkaTools, findKcat } from './support/tools.ts';

const { Kafka, logLevel } = kafkajs;
const kcat = findKcat();
const tools = findKafkaTools();
for (const one of [kcat, tools]) {
  if (typeof one === 'string') continue;
  console.log(`tests of groups skipped: ${one.missing}`);
  if (process.env['CI'] === 'true') throw new Error(one.missing);
}
const classPath = typeof tools === 'string' ? tools : '';
const script = resolve(import.meta.dirname, 'support/group-member.ts');
const perPhase = 3000;
const partitions = 12;

interface Kind {
  readonly name: string;
  readonly missing: string | undefined;
  readonly command: (asked: { bootstrap: string; group: string; topic: string }) => readonly [string, ...string[]];
}

const missingKcat = typeof kcat === 'string' ? undefined : kcat.missing;
const missingJava = typeof tools === 'string' ? undefined : tools.missing;

const javaConsumer =
  (...properties: string[]): Kind['command'] =>
  ({ bootstrap, group, topic }) => [
    'java',
    '-Xmx256m',
    '-cp',
    classPath,
    'org.apache.kafka.tools.consumer.ConsoleConsumer',
    '--bootstrap-server',
    bootstrap,
    '--topic',
    topic,
    '--group',
    group,
    '--from-beginning',
    ...properties.flatMap((property) => ['--command-property', property]),
  ];

const scripted =
  (client: string): Kind['command'] =>
  ({ bootstrap, group, topic }) => [process.execPath, '--conditions=source', script, client, bootstrap, group, topic];

const kinds: readonly Kind[] = [
  {
    name: 'kcat',
    missing: missingKcat,
    command: ({ bootstrap, group, topic }) => {
      const settings = ['auto.offset.reset=earliest', 'session.timeout.ms=6000', 'auto.commit.interval.ms=500'];
      return ['kcat', '-b', bootstrap, '-u', ...settings.flatMap((setting) => ['-X', setting]), '-G', group, topic];
    },
  },
  { name: 'kafkajs', missing: undefined, command: scripted('kafkajs') },
  { name: 'platformatic', missing: undefined, command: scripted('platformatic') },
  {
    name: 'java-classic',
    missing: missingJava,
    command: javaConsumer('group.protocol=classic', 'session.timeout.ms=6000', 'auto.commit.interval.ms=500'),
  },
  {
    name: 'java-consumer',
    missing: missingJava,
    command: javaConsumer('group.protocol=consumer', 'auto.commit.interval.ms=500'),
  },
];

/** A member as a process, and the values that it printed. */
class Member {
  readonly values = new Set<string>();
  readonly #child: ChildProcess;
  errors = '';

  constructor([program, ...args]: readonly [string, ...string[]]) {
    this.#child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let rest = '';
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.values.add(line);
    });
    this.#child.stderr?.on(
      'data',
      (chunk: Buffer) => (this.errors = (this.errors + chunk.toString('utf8')).slice(-1_000_000)),
    );
  }

  /** As kcat tells of cooperative rebalances: partitions that were given to it and taken from it, in order. */
  rebalances(): { readonly isRevoked: boolean; readonly partitions: readonly string[] }[] {
    return Array.from(this.errors.matchAll(/incremental (assignment|revoke) of \d+ .*?protocol\):(.*)/g), (found) => ({
      isRevoked: found[1] === 'revoke',
      partitions: Array.from((found[2] ?? '').matchAll(/\[(\d+)\]/g), ([, partition]) => partition ?? ''),
    }));
  }

  /** By what it was told so far. */
  owned(): Set<string> {
    const owned = new Set<string>();
    for (const { isRevoked, partitions: changed } of this.rebalances()) {
      for (const partition of changed) {
        if (isRevoked) owned.delete(partition);
        else owned.add(partition);
      }
    }
    return owned;
  }

  leave(): void {
    this.#child.kill('SIGTERM');
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

describe('consumer groups', () => {
  let cluster: TidelogCluster;
  let kafka: KafkaClient;
  let admin: Admin;
  const running: Member[] = [];

  beforeAll(async () => {
    cluster = await TidelogCluster.start({
      brokers: 3,
      settings: {
        'group.consumer.min.session.timeout.ms': 6000,
        'group.consumer.session.timeout.ms': 6000,
        'group.consumer.min.heartbeat.interval.ms': 500,
        'group.consumer.heartbeat.interval.ms': 1000,
        'broker.session.timeout.ms': 4000,
        'broker.heartbeat.interval.ms': 500,
      },
    });
    const retry = { retries: 50, initialRetryTime: 100, maxRetryTime: 1000 };
    kafka = new Kafka({ clientId: 'test', brokers: cluster.bootstrap.split(','), logLevel: logLevel.NOTHING, retry });
    admin = kafka.admin();
    await admin.connect();
  });

  afterAll(async () => {
    for (const member of running) member.kill();
    await admin?.disconnect();
    await cluster?.[Symbol.asyncDispose]();
  });

  const produce = async (topic: string, from: number): Promise<void> => {
    const producer = kafka.producer();
    await producer.connect();
    const messages = Array.from({ length: perPhase }, (_, i) => ({ key: `k${i}`, value: `v${from + i}` }));
    await producer.send({ topic, messages, acks: -1 });
    await producer.disconnect();
  };

  /** Until the members together have everything below `count`. */
  const delivered = async (members: readonly Member[], count: number): Promise<void> => {
    const deadline = Date.now() + 120_000;
    for (;;) {
      const missing = Array.from({ length: count }, (_, i) => `v${i}`).filter(
        (value) => !members.some(({ values }) => values.has(value)),
      );
      if (missing.length === 0) return;
      if (Date.now() > deadline) {
        const args = ['-b', cluster.bootstrap, '-L'];
        const state = await runProgram({ program: 'kcat', args, mayFail: true, timeoutMs: 10_000 });
        const said = [...members.map(({ errors }) => errors), state].join('\n');
        throw new Error(`${missing.length} of ${count} records were not delivered, such as ${missing[0]}\n${said}`);
      }
      await new Promise((done) => void setTimeout(done, 100));
    }
  };

  const coordinatorOf = async (group: string): Promise<number> => {
    const { topics } = await admin.fetchTopicMetadata({ topics: ['__consumer_offsets'] });
    const offsets = topics[0]?.partitions ?? [];
    const index = coordinatorPartition(group, offsets.length);
    return offsets.find(({ partitionId }) => partitionId === index)?.leader ?? -1;
  };

  for (const { name, missing, command } of kinds) {
    test.skipIf(missing !== undefined)(`${name} survives the loss of a member and of its coordinator`, async () => {
      const topic = `groups-${name}`;
      const group = `group-${name}`;
      await admin.createTopics({
        waitForLeaders: false,
        topics: [{ topic, numPartitions: partitions, replicationFactor: 3 }],
      });
      const start = (): Member => {
        const member = new Member(command({ bootstrap: cluster.bootstrap, group, topic }));
        running.push(member);
        return member;
      };
      const members = [start(), start()];
      await produce(topic, 0);
      await delivered(members, perPhase);
      members[0]?.kill();
      members.push(start());
      await produce(topic, perPhase);
      await delivered(members, 2 * perPhase);
      const node = cluster.node(await coordinatorOf(group));
      await node.signal('SIGKILL');
      await produce(topic, 2 * perPhase);
      await delivered(members, 3 * perPhase);
      node.spawn();
      await node.ready();
      if (missingJava === undefined) expect(await lagOf(group, 0)).toBe(0);
      for (const member of members) member.kill();
      await produce(topic, 3 * perPhase);
      if (missingJava === undefined) expect(await lagOf(group, perPhase)).toBe(perPhase);
    });
  }

  test.skipIf(missingKcat !== undefined)('a cooperative member that leaves disturbs nobody else', async () => {
    const topic = 'groups-cooperative';
    await admin.createTopics({
      waitForLeaders: false,
      topics: [{ topic, numPartitions: partitions, replicationFactor: 3 }],
    });
    const settings = ['partition.assignment.strategy=cooperative-sticky', 'heartbeat.interval.ms=500'];
    const options = settings.flatMap((setting) => ['-X', setting]);
    const start = (): Member => {
      const member = new Member(['kcat', '-b', cluster.bootstrap, '-u', ...options, '-G', 'group-cooperative', topic]);
      running.push(member);
      return member;
    };
    const [leaving, ...staying] = [start(), start(), start()] as const;
    const owning = async (members: readonly Member[], each: number): Promise<void> => {
      const isSo = (): boolean => members.every((member) => member.owned().size === each);
      for (const deadline = Date.now() + 60_000; !isSo() && Date.now() < deadline;) {
        await new Promise((done) => void setTimeout(done, 100));
      }
      expect(members.map((member) => member.owned().size)).toEqual(members.map(() => each));
    };
    await owning([leaving, ...staying], 4);
    const before = staying.map((member) => member.rebalances().length);
    leaving.leave();
    await owning(staying, 6);
    for (const [i, member] of staying.entries()) {
      const since = member.rebalances().slice(before[i]);
      expect(since.filter(({ isRevoked, partitions: changed }) => isRevoked && changed.length > 0)).toEqual([]);
      member.kill();
    }
  });

  /** The lag of all partitions as Kafka's own tool sees it, when it is as wanted or after some attempts. */
  const lagOf = async (group: string, wanted: number): Promise<number> => {
    const args = ['--bootstrap-server', cluster.bootstrap, '--describe', '--group', group];
    const main = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand';
    let lag = Infinity;
    for (let attempt = 0; attempt < 10 && lag !== wanted; attempt++) {
      const text = await runProgram({ program: 'java', args: ['-Xmx256m', '-cp', classPath, main, ...args] });
      const rows = text.split('\n').map((line) => line.trim().split(/\s+/));
      const lags = rows.filter(([first]) => first === group).map((columns) => Number(columns[5]));
      lag = lags.length === partitions ? lags.reduce((sum, one) => sum + one, 0) : Infinity;
    }
    return lag;
  };
});
