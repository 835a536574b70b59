/** `tidelog groups` against three brokers: a classic group, one of the consumer protocol, others without members. */
import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import kafkajs, { type Admin, type Kafka as KafkaClient } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProgram } from './support/shell.ts';
import { TidelogCluster } from './support/tidelog-process.ts';

const { Kafka, logLevel } = kafkajs;
const main = resolve(import.meta.dirname, '../../cli/src/main.ts');
const script = resolve(import.meta.dirname, 'support/group-member.ts');
const topic = 'orders';
const partitions = 3;
const perPartition = 20;

let cluster: TidelogCluster;
let kafka: KafkaClient;
let admin: Admin;
const members: ChildProcess[] = [];

const groups = async (...args: string[]): Promise<string> => {
  const command = ['--conditions=source', main, 'groups', ...args, '--bootstrap-server', cluster.bootstrap];
  return await runProgram({ program: process.execPath, args: command });
};

const json = async (...args: string[]): Promise<Record<string, unknown>[]> => {
  return JSON.parse(await groups(...args, '--json')) as Record<string, unknown>[];
};

/** kafkajs joins the group to do this, which takes seconds. */
const commitAsOutsider = async (groupId: string, offsets: readonly number[]): Promise<void> => {
  const all = offsets.map((offset, partition) => ({ partition, offset: String(offset) }));
  await admin.setOffsets({ groupId, topic, partitions: all });
};

const setAll = async (group: string, offset: number): Promise<void> => {
  await groups('reset-offsets', '--group', group, '--topic', topic, '--to-offset', String(offset), '--execute');
};

const committed = async (groupId: string): Promise<number[]> => {
  const [of] = await admin.fetchOffsets({ groupId, topics: [topic] });
  const offsets = of?.partitions.toSorted((one, other) => one.partition - other.partition) ?? [];
  return offsets.map(({ offset }) => Number(offset));
};

const startMember = (client: string, group: string): void => {
  const args = ['--conditions=source', script, client, cluster.bootstrap, group, topic];
  members.push(spawn(process.execPath, args, { stdio: 'ignore' }));
};

beforeAll(async () => {
  cluster = await TidelogCluster.start({ brokers: 3 });
  const retry = { retries: 60, initialRetryTime: 100, maxRetryTime: 1000 };
  kafka = new Kafka({ brokers: cluster.bootstrap.split(','), logLevel: logLevel.NOTHING, retry });
  admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions, replicationFactor: 3 }] });
  const producer = kafka.producer();
  await producer.connect();
  const messages = Array.from({ length: partitions * perPartition }, (_, i) => ({
    partition: i % partitions,
    value: `v${i}`,
    timestamp: String(1_000_000 + i),
  }));
  await producer.send({ topic, messages, acks: -1 });
  await producer.disconnect();
});

afterAll(async () => {
  for (const member of members) member.kill('SIGKILL');
  await admin?.disconnect();
  await cluster?.[Symbol.asyncDispose]();
});

test('describe shows offsets, ends and lag of a group without members', async () => {
  await commitAsOutsider('idle', [5, 20, 0]);
  const rows = await json('describe', '--group', 'idle');
  const expected = { group: 'idle', topic, logEndOffset: perPartition, consumerId: null };
  expect(rows).toMatchObject([
    { ...expected, partition: 0, currentOffset: 5, lag: 15 },
    { ...expected, partition: 1, currentOffset: 20, lag: 0 },
    { ...expected, partition: 2, currentOffset: 0, lag: 20 },
  ]);
  const table = await groups('describe', '--group', 'idle');
  expect(table).toMatch(/GROUP +TOPIC +PARTITION +CURRENT-OFFSET +LOG-END-OFFSET +LAG +CONSUMER-ID +HOST +CLIENT-ID/);
  expect(table).toMatch(/idle +orders +0 +5 +20 +15 +- +- +-/);
});

test.each([
  ['kafkajs', 'classic'],
  ['platformatic', 'consumer'],
])('a member of %s is seen, with what it reads, in a group of type %s', async (client, type) => {
  const group = `group-${client}`;
  startMember(client, group);
  const whatItReads = async (): Promise<unknown> =>
    (await json('describe', '--group', group, '--members').catch(() => [])).map(({ assignment }) =>
      (assignment as { partition: number }[]).map(({ partition }) => partition).toSorted((one, other) => one - other),
    );
  await expect.poll(whatItReads, { timeout: 90_000, interval: 500 }).toEqual([[0, 1, 2]]);
  expect(await groups('describe', '--group', group, '--members', '--verbose')).toMatch(/ 3 .* orders:0,1,2/);
  expect(await json('describe', '--group', group, '--state')).toMatchObject([{ type, state: 'Stable', members: 1 }]);
  expect((await json('describe', '--group', group)).every(({ consumerId }) => consumerId !== null)).toBe(true);
  const listed = await json('list', '--type', type, '--state', 'Stable');
  expect(listed).toMatchObject([{ groupId: group, groupType: type }]);
});

test('reset-offsets refuses a group that has members', async () => {
  const asked = ['--group', 'group-kafkajs', '--topic', topic, '--to-earliest'];
  await expect(groups('reset-offsets', ...asked, '--execute')).rejects.toThrow('the group has members');
});

test('delete refuses a group that has members', async () => {
  await expect(groups('delete', '--group', 'group-kafkajs')).rejects.toThrow('NON_EMPTY_GROUP');
});

test('list prints every group of every coordinator', async () => {
  for (let i = 0; i < 6; i++) await setAll(`listed-${i}`, 1);
  const names = (await groups('list')).trim().split('\n');
  for (let i = 0; i < 6; i++) expect(names).toContain(`listed-${i}`);
  expect(await groups('list', '--state', 'Empty')).toMatch(/listed-3 +classic +Empty/);
});

test('reset-offsets changes nothing without --execute', async () => {
  await setAll('reset', 7);
  const shown = await groups('reset-offsets', '--group', 'reset', '--topic', topic, '--to-earliest');
  expect(shown).toMatch(/reset +orders +0 +0 *\n/);
  expect(await committed('reset')).toEqual([7, 7, 7]);
});

test.each([
  [
    ['--topic', topic, '--to-earliest'],
    [0, 0, 0],
  ],
  [
    ['--topic', topic, '--to-latest'],
    [20, 20, 20],
  ],
  [
    ['--topic', `${topic}:0,2`, '--to-offset', '13'],
    [13, 7, 13],
  ],
  [
    ['--all-topics', '--shift-by', '-4'],
    [3, 3, 3],
  ],
  [
    ['--all-topics', '--to-datetime', '1970-01-01T00:16:40.030'],
    [10, 10, 10],
  ],
])('reset-offsets %s --execute', async (how, expected) => {
  await setAll('reset', 7);
  await groups('reset-offsets', '--group', 'reset', ...how, '--execute');
  expect(await committed('reset')).toEqual(expected);
});

test('delete-offsets forgets the partitions it names', async () => {
  await setAll('forgetful', 2);
  await groups('delete-offsets', '--group', 'forgetful', '--topic', `${topic}:1`);
  expect(await json('describe', '--group', 'forgetful')).toMatchObject([{ partition: 0 }, { partition: 2 }]);
});

test('delete deletes a group, which is not there afterwards', async () => {
  await setAll('short-lived', 2);
  expect(await groups('delete', '--group', 'short-lived')).toContain('Deleted group short-lived.');
  await expect(groups('describe', '--group', 'short-lived')).rejects.toThrow('GROUP_ID_NOT_FOUND');
});

test('an unknown topic is named', async () => {
  const asked = ['--group', 'reset', '--topic', 'nowhere', '--to-latest'];
  await expect(groups('reset-offsets', ...asked)).rejects.toThrow('topic nowhere does not exist');
});
