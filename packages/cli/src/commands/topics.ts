/** `tidelog topics`: what Kafka's kafka-topics does. */
import { zeroUuid } from '@tidelog/core';
import {
  CreatePartitions,
  CreateTopics,
  DeleteTopics,
  DescribeConfigs,
  DescribeTopicPartitions,
  Metadata,
  type ResponseOf,
} from '@tidelog/protocol';
import type { Command } from 'commander';
import { check, type Admin } from '../support/admin.ts';
import {
  collect,
  keyValues,
  wholeNumber,
  withAdmin,
  withCommonOptions,
  type CommonFlags,
} from '../support/common-options.ts';
import { printJson, printTable } from '../support/output.ts';

interface CreateFlags extends CommonFlags {
  readonly topic: string;
  readonly partitions: string;
  readonly replicationFactor: string;
  readonly config: string[];
  readonly ifNotExists?: boolean;
}

interface DescribeFlags extends CommonFlags {
  readonly topic?: string;
  readonly underReplicatedPartitions?: boolean;
  readonly unavailablePartitions?: boolean;
}

type Topic = ResponseOf<typeof DescribeTopicPartitions>['topics'][number];
type Partition = Topic['partitions'][number];

const topicConfigs = 2;
const alreadyExists = 36;

export function addTopics(program: Command): void {
  const topics = program.command('topics').description('create, list, describe, enlarge and delete topics');
  withCommonOptions(topics.command('create').description('create a topic'))
    .requiredOption('--topic <name>', 'its name')
    .option('--partitions <n>', "how many (default: the cluster's num.partitions)", wholeNumber, '-1')
    .option(
      '--replication-factor <n>',
      "how many replicas (default: the cluster's default.replication.factor)",
      wholeNumber,
      '-1',
    )
    .option('--config <key=value>', 'a topic configuration (repeatable)', collect, [])
    .option('--if-not-exists', 'do nothing when the topic exists')
    .addHelpText(
      'after',
      '\nExample:\n  tidelog topics create --topic orders --partitions 12 --config cleanup.policy=compact',
    )
    .action((flags: CreateFlags) => withAdmin(flags, (admin) => create(admin, flags)));
  withCommonOptions(topics.command('list').description('print the names of all topics')).action((flags: CommonFlags) =>
    withAdmin(flags, (admin) => list(admin, flags)),
  );
  withCommonOptions(topics.command('describe').description('show leaders, replicas and configuration'))
    .option('--topic <name>', 'only this one')
    .option('--under-replicated-partitions', 'only partitions with fewer in-sync replicas than replicas')
    .option('--unavailable-partitions', 'only partitions without a leader')
    .action((flags: DescribeFlags) => withAdmin(flags, (admin) => describe(admin, flags)));
  withCommonOptions(topics.command('alter').description('add partitions to a topic'))
    .requiredOption('--topic <name>', 'its name')
    .requiredOption('--partitions <n>', 'how many it shall have in all', wholeNumber)
    .action((flags: CommonFlags & { topic: string; partitions: string }) =>
      withAdmin(flags, (admin) => enlarge(admin, flags.topic, Number(flags.partitions))),
    );
  withCommonOptions(topics.command('delete').description('delete a topic and all its data'))
    .requiredOption('--topic <name>', 'its name')
    .action((flags: CommonFlags & { topic: string }) => withAdmin(flags, (admin) => remove(admin, flags.topic)));
}

async function create(admin: Admin, flags: CreateFlags): Promise<void> {
  const configs = keyValues(flags.config, '--config');
  const topic = {
    name: flags.topic,
    numPartitions: Number(flags.partitions),
    replicationFactor: Number(flags.replicationFactor),
    assignments: [],
    configs,
  };
  const response = await admin.send(CreateTopics, { topics: [topic], timeoutMs: Number(flags.timeout) });
  const result = response.topics[0];
  if (result === undefined) throw new Error('the broker answered with no result');
  if (result.errorCode === alreadyExists && flags.ifNotExists === true) return;
  check(result.errorCode, result.errorMessage, `cannot create ${flags.topic}`);
  if (flags.json === true) return printJson(result);
  const { numPartitions, replicationFactor } = result;
  console.log(`Created topic ${flags.topic}: ${numPartitions} partitions, replication factor ${replicationFactor}.`);
}

async function list(admin: Admin, flags: CommonFlags): Promise<void> {
  const { topics } = await admin.send(Metadata, { topics: null, allowAutoTopicCreation: false });
  const names = topics.map(({ name }) => name ?? '').toSorted();
  if (flags.json === true) printJson(names);
  else for (const name of names) console.log(name);
}

async function describe(admin: Admin, flags: DescribeFlags): Promise<void> {
  const topics = await describeAll(admin, flags.topic);
  const wanted = (partition: Partition): boolean => {
    if (flags.underReplicatedPartitions === true) return partition.isrNodes.length < partition.replicaNodes.length;
    return flags.unavailablePartitions === true ? partition.leaderId < 0 : true;
  };
  const configs = await configsOf(admin, topics);
  const shown = topics.map((topic) => ({
    name: topic.name,
    topicId: topic.topicId,
    configs: configs.get(topic.name ?? '') ?? {},
    partitions: topic.partitions.filter(wanted),
  }));
  if (flags.json === true) return printJson(shown);
  for (const { name, topicId, configs: set, partitions } of shown) {
    if (partitions.length === 0) continue;
    const texts = Object.entries(set).map(([key, value]) => `${key}=${value}`);
    console.log(`\n${name}   id ${topicId}   ${texts.length > 0 ? texts.join(', ') : 'no configuration of its own'}`);
    printPartitions(partitions);
  }
}

function printPartitions(partitions: readonly Partition[]): void {
  const list = (ids: readonly number[] | null): string => (ids ?? []).join(',');
  printTable(partitions, [
    { title: 'PARTITION', value: (p) => p.partitionIndex, right: true },
    { title: 'LEADER', value: (p) => (p.leaderId < 0 ? 'none' : p.leaderId), right: true },
    { title: 'EPOCH', value: (p) => p.leaderEpoch, right: true },
    { title: 'REPLICAS', value: (p) => list(p.replicaNodes) },
    { title: 'ISR', value: (p) => list(p.isrNodes) },
    { title: 'ELR', value: (p) => list(p.eligibleLeaderReplicas) },
    { title: 'OFFLINE', value: (p) => list(p.offlineReplicas) },
  ]);
}

/** All pages of DescribeTopicPartitions, the parts of a topic put together. */
async function describeAll(admin: Admin, topic: string | undefined): Promise<Topic[]> {
  const topics = new Map<string, Topic>();
  let cursor: { topicName: string; partitionIndex: number } | null = null;
  do {
    const request = { topics: topic === undefined ? [] : [{ name: topic }], cursor };
    const page: ResponseOf<typeof DescribeTopicPartitions> = await admin.send(DescribeTopicPartitions, request);
    for (const part of page.topics) {
      check(part.errorCode, null, `cannot describe ${part.name}`);
      const known = topics.get(part.name ?? '');
      if (known === undefined) topics.set(part.name ?? '', part);
      else known.partitions.push(...part.partitions);
    }
    cursor = page.nextCursor;
  } while (cursor !== null);
  return [...topics.values()];
}

/** Configurations set on the topics themselves. */
async function configsOf(admin: Admin, topics: readonly Topic[]): Promise<Map<string, Record<string, string>>> {
  const resources = topics.map(({ name }) => {
    return { resourceType: topicConfigs, resourceName: name ?? '', configurationKeys: null };
  });
  const { results } = await admin.send(DescribeConfigs, { resources });
  const ownSource = 1;
  return new Map(
    results.map(({ resourceName, configs }) => {
      const own = configs.filter(({ configSource }) => configSource === ownSource);
      return [resourceName, Object.fromEntries(own.map(({ name, value }) => [name, value ?? '']))];
    }),
  );
}

async function enlarge(admin: Admin, name: string, count: number): Promise<void> {
  const request = { topics: [{ name, count, assignments: null }], timeoutMs: 30_000, validateOnly: false };
  const { results } = await admin.send(CreatePartitions, request);
  check(results[0]?.errorCode ?? 0, results[0]?.errorMessage, `cannot add partitions to ${name}`);
  console.log(`${name} has ${count} partitions.`);
}

async function remove(admin: Admin, name: string): Promise<void> {
  const topics = [{ name, topicId: zeroUuid }];
  const { responses } = await admin.send(DeleteTopics, { topics, topicNames: [], timeoutMs: 30_000 });
  check(responses[0]?.errorCode ?? 0, responses[0]?.errorMessage, `cannot delete ${name}`);
  console.log(`Deleted topic ${name}.`);
}
