/**
 * `tidelog reassign`: what Kafka's kafka-reassign-partitions does, with its file. `execute` prints the assignment as it
 * was, in the same format, so that a move can be undone.
 */
import {
  AlterPartitionReassignments,
  DescribeTopicPartitions,
  errorName,
  ListPartitionReassignments,
  type ResponseOf,
} from '@tidelog/protocol';
import type { Command } from 'commander';
import { check, type Admin } from '../support/admin.ts';
import { withAdmin, withCommonOptions, type CommonFlags } from '../support/common-options.ts';
import { printJson, printTable } from '../support/output.ts';
import { byTopic, readPartitionsFile, type PartitionEntry } from '../support/partitions-file.ts';

interface FileFlags extends CommonFlags {
  readonly reassignmentJsonFile: string;
}

interface ExecuteFlags extends FileFlags {
  readonly additional?: boolean;
  readonly disallowReplicationFactorChange?: boolean;
}

type Moving = ResponseOf<typeof ListPartitionReassignments>['topics'][number]['partitions'][number];

export function addReassign(program: Command): void {
  const reassign = program.command('reassign').description('move partitions to other replicas');
  withFile(reassign.command('execute').description('start the moves of a file'))
    .option('--additional', 'also while other moves are going on')
    .option('--disallow-replication-factor-change', 'refuse moves that change the number of replicas')
    .addHelpText(
      'after',
      '\nThe file: {"version":1,"partitions":[{"topic":"orders","partition":0,"replicas":[1,2,3]}]}',
    )
    .action((flags: ExecuteFlags) => withAdmin(flags, (admin) => execute(admin, flags)));
  withFile(
    reassign.command('verify').description('tell how far the moves of a file are; exit code 1 when not done'),
  ).action((flags: FileFlags) => withAdmin(flags, (admin) => verify(admin, flags)));
  withFile(reassign.command('cancel').description('call off the moves of a file')).action((flags: FileFlags) =>
    withAdmin(flags, (admin) => cancel(admin, flags)),
  );
  withCommonOptions(reassign.command('list').description('list the moves that are going on')).action(
    (flags: CommonFlags) => withAdmin(flags, (admin) => list(admin, flags)),
  );
}

function withFile(command: Command): Command {
  return withCommonOptions(command).requiredOption('--reassignment-json-file <path>', "Kafka's reassignment file");
}

async function execute(admin: Admin, flags: ExecuteFlags): Promise<void> {
  const entries = readPartitionsFile(flags.reassignmentJsonFile, { replicas: true });
  const others = await moving(admin);
  if (others.size > 0 && flags.additional !== true) {
    throw new Error(`${others.size} partitions are being moved already: wait, cancel them, or add --additional`);
  }
  const before = await currentAssignment(admin, entries);
  if (flags.json !== true) {
    console.log('The assignment as it is; keep it to be able to go back:');
    console.log(`${JSON.stringify({ version: 1, partitions: before })}\n`);
  }
  const results = await alter(admin, flags, entries, (entry) => [...entry.replicas]);
  report(flags, 'is being moved', { results, before });
}

async function cancel(admin: Admin, flags: FileFlags): Promise<void> {
  const entries = readPartitionsFile(flags.reassignmentJsonFile, { replicas: false });
  const results = await alter(admin, flags, entries, () => null);
  report(flags, 'stays where it was', { results });
}

interface Result {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

async function alter(
  admin: Admin,
  flags: ExecuteFlags,
  entries: readonly PartitionEntry[],
  replicasOf: (entry: PartitionEntry) => number[] | null,
): Promise<Result[]> {
  const response = await admin.send(AlterPartitionReassignments, {
    timeoutMs: Number(flags.timeout),
    allowReplicationFactorChange: flags.disallowReplicationFactorChange !== true,
    topics: [...byTopic(entries)].map(([name, partitions]) => ({
      name,
      partitions: partitions.map((entry) => ({ partitionIndex: entry.partition, replicas: replicasOf(entry) })),
    })),
  });
  check(response.errorCode, response.errorMessage, 'cannot change the assignment');
  return response.responses.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, errorCode, errorMessage }) => {
      return { topic: name, partition: partitionIndex, errorCode, errorMessage };
    }),
  );
}

function report(flags: CommonFlags, done: string, outcome: { results: Result[]; before?: unknown }): void {
  const { results } = outcome;
  if (flags.json === true) printJson(outcome);
  else {
    for (const { topic, partition, errorCode, errorMessage } of results) {
      const why = `${errorName(errorCode)}${errorMessage === null ? '' : `: ${errorMessage}`}`;
      console.log(errorCode === 0 ? `${topic}-${partition} ${done}.` : `${topic}-${partition}: ${why}`);
    }
  }
  if (results.some(({ errorCode }) => errorCode !== 0)) process.exitCode = 1;
}

async function verify(admin: Admin, flags: FileFlags): Promise<void> {
  const entries = readPartitionsFile(flags.reassignmentJsonFile, { replicas: true });
  const [current, active] = [await currentAssignment(admin, entries), await moving(admin)];
  const rows = entries.map((entry) => {
    const name = `${entry.topic}-${entry.partition}`;
    const now = current.find(({ topic, partition }) => `${topic}-${partition}` === name);
    if (active.has(name)) return { ...entry, state: 'in progress' };
    if (now === undefined) return { ...entry, state: 'no such partition' };
    const same = now.replicas.join() === entry.replicas.join();
    return { ...entry, state: same ? 'complete' : `replicas are ${now.replicas.join(',')}` };
  });
  if (flags.json === true) printJson(rows);
  else for (const { topic, partition, state } of rows) console.log(`${topic}-${partition}: ${state}`);
  if (rows.some(({ state }) => state !== 'complete')) process.exitCode = 1;
}

async function list(admin: Admin, flags: CommonFlags): Promise<void> {
  const rows = [...(await moving(admin))].map(([name, partition]) => ({ name, ...partition }));
  if (flags.json === true) return printJson(rows);
  if (rows.length === 0) return console.log('No partition is being moved.');
  printTable(rows, [
    { title: 'PARTITION', value: ({ name }) => name },
    { title: 'REPLICAS', value: ({ replicas }) => replicas.join(',') },
    { title: 'ADDING', value: ({ addingReplicas }) => addingReplicas.join(',') },
    { title: 'REMOVING', value: ({ removingReplicas }) => removingReplicas.join(',') },
  ]);
}

async function moving(admin: Admin): Promise<Map<string, Moving>> {
  const response = await admin.send(ListPartitionReassignments, { topics: null });
  check(response.errorCode, response.errorMessage, 'cannot list the moves');
  return new Map(
    response.topics.flatMap(({ name, partitions }) =>
      partitions.map((partition) => [`${name}-${partition.partitionIndex}`, partition] as const),
    ),
  );
}

/** The replicas that the partitions have now; without those that do not exist. */
async function currentAssignment(admin: Admin, entries: readonly PartitionEntry[]): Promise<PartitionEntry[]> {
  const found: PartitionEntry[] = [];
  for (const [name, wanted] of byTopic(entries)) {
    let cursor: { topicName: string; partitionIndex: number } | null = null;
    do {
      const request = { topics: [{ name }], cursor };
      const page: ResponseOf<typeof DescribeTopicPartitions> = await admin.send(DescribeTopicPartitions, request);
      for (const { partitionIndex, replicaNodes } of page.topics.flatMap(({ partitions }) => partitions)) {
        if (!wanted.some(({ partition }) => partition === partitionIndex)) continue;
        found.push({ topic: name, partition: partitionIndex, replicas: replicaNodes });
      }
      cursor = page.nextCursor;
    } while (cursor !== null);
  }
  return found;
}
