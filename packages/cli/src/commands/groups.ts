/** `tidelog groups`: what Kafka's kafka-consumer-groups does, for classic groups and those of the consumer protocol. */
import { DeleteGroups, errorName, OffsetDelete } from '@tidelog/protocol';
import type { Command } from 'commander';
import { describe, type DescribeFlags } from '../groups/describe-groups.ts';
import { GroupClient } from '../groups/group-client.ts';
import { reset, type ResetFlags } from '../groups/reset-offsets.ts';
import { partitionsOf } from '../groups/topic-specs.ts';
import { check, type Admin } from '../support/admin.ts';
import { collect, wholeNumber, withAdmin, withCommonOptions, type CommonFlags } from '../support/common-options.ts';
import { printJson, printTable } from '../support/output.ts';

interface ListFlags extends CommonFlags {
  readonly state?: string | true;
  readonly type?: string;
}

interface GroupFlags extends CommonFlags {
  readonly group: string[];
  readonly allGroups?: boolean;
}

interface DeleteOffsetsFlags extends CommonFlags {
  readonly group: string;
  readonly topic: string[];
}

interface Outcome {
  readonly what: string;
  readonly errorCode: number;
}

export function addGroups(program: Command): void {
  const groups = program.command('groups').description('list, describe and delete groups, and move their offsets');
  withCommonOptions(groups.command('list').description('print the names of all groups'))
    .option('--state [states]', 'with state and type; only these states, if given (Stable,Empty)')
    .option('--type <types>', 'only these types: classic, consumer')
    .addHelpText('after', examples('groups list', 'groups list --state Empty,Dead'))
    .action((flags: ListFlags) => withAdmin(flags, (admin) => list(clientOf(admin, flags), flags)));
  addDescribe(groups);
  withGroups(groups.command('delete').description('delete groups without members, and their offsets'))
    .addHelpText('after', examples('groups delete --group billing --group reports'))
    .action((flags: GroupFlags) => withGroupsOf(flags, (client, names) => remove(client, flags, names)));
  addReset(groups);
  withCommonOptions(groups.command('delete-offsets').description('forget offsets of topics that nobody reads'))
    .requiredOption('--group <name>', 'whose')
    .requiredOption('--topic <name[:0,1,...]>', 'of which topic, or partitions of it (repeatable)', collect, [])
    .addHelpText('after', examples('groups delete-offsets --group billing --topic orders:0,1'))
    .action((flags: DeleteOffsetsFlags) => withAdmin(flags, (admin) => removeOffsets(clientOf(admin, flags), flags)));
}

function addDescribe(groups: Command): void {
  withGroups(groups.command('describe').description('show offsets and lag, members, or state'))
    .option('--offsets', 'every partition: committed offset, end, lag and who reads it (this is the default)')
    .option('--members', 'the members')
    .option('--verbose', 'with --members: which partitions each has')
    .option('--state', 'state, coordinator and assignor')
    .addHelpText('after', examples('groups describe --group billing', 'groups describe --all-groups --state'))
    .action((flags: DescribeFlags & GroupFlags) =>
      withGroupsOf(flags, (client, names) => describe(client, flags, names)),
    );
}

function addReset(groups: Command): void {
  withGroups(groups.command('reset-offsets').description('move the committed offsets of groups without members'))
    .option('--topic <name[:0,1,...]>', 'a topic, or partitions of it (repeatable)', collect, [])
    .option('--all-topics', 'every topic that the group has offsets of')
    .option('--to-earliest', 'to the first offset')
    .option('--to-latest', 'to the end')
    .option('--to-current', 'to the committed offset; to the end where there is none')
    .option('--to-offset <n>', 'to this offset, or the nearest that exists', wholeNumber)
    .option('--shift-by <n>', 'by so many, forwards or (negative) back', wholeNumber)
    .option('--to-datetime <time>', 'to the first record from then on: 2026-11-29T12:00:00.000, in UTC unless it says')
    .option('--by-duration <duration>', 'to the first record from so long ago on: PT2H30M, P1D')
    .option('--dry-run', 'only show what would be (this is the default)')
    .option('--execute', 'do it')
    .addHelpText(
      'after',
      examples(
        'groups reset-offsets --group billing --topic orders --to-earliest',
        'groups reset-offsets --group billing --topic orders:0,1 --shift-by -100 --execute',
        'groups reset-offsets --all-groups --all-topics --by-duration PT1H --execute',
      ),
    )
    .action((flags: ResetFlags & GroupFlags) => withGroupsOf(flags, (client, names) => reset(client, flags, names)));
}

function withGroups(command: Command): Command {
  return withCommonOptions(command)
    .option('--group <name>', 'a group (repeatable)', collect, [])
    .option('--all-groups', 'every group');
}

function examples(...lines: string[]): string {
  return `\nExample${lines.length === 1 ? '' : 's'}:\n${lines.map((line) => `  tidelog ${line}`).join('\n')}`;
}

const clientOf = (admin: Admin, flags: CommonFlags): GroupClient => new GroupClient(admin, Number(flags.timeout));

async function withGroupsOf(
  flags: GroupFlags,
  run: (client: GroupClient, names: readonly string[]) => Promise<void>,
): Promise<void> {
  const all = flags.allGroups === true;
  if (all === flags.group.length > 0) throw new Error('say which groups: --group <name> or --all-groups');
  await withAdmin(flags, async (admin) => {
    const client = clientOf(admin, flags);
    await run(client, all ? (await client.list()).map(({ groupId }) => groupId) : flags.group);
  });
}

async function list(client: GroupClient, flags: ListFlags): Promise<void> {
  const { state, type } = flags;
  const groups = await client.list({
    ...(typeof state === 'string' && { states: state.split(',') }),
    ...(type !== undefined && { types: type.split(',') }),
  });
  if (flags.json === true) return printJson(groups);
  if (state === undefined && type === undefined) return groups.forEach(({ groupId }) => console.log(groupId));
  printTable(groups, [
    { title: 'GROUP', value: ({ groupId }) => groupId },
    { title: 'TYPE', value: ({ groupType }) => groupType },
    { title: 'STATE', value: ({ groupState }) => groupState },
  ]);
}

async function remove(client: GroupClient, flags: GroupFlags, names: readonly string[]): Promise<void> {
  const outcomes: Outcome[] = [];
  for (const name of names) {
    const request = { groupsNames: [name] };
    const { results } = await client.atCoordinator(name, DeleteGroups, request, (answer) =>
      answer.results.map(({ errorCode }) => errorCode),
    );
    outcomes.push({ what: name, errorCode: results[0]?.errorCode ?? 0 });
  }
  report(flags, outcomes, (what) => `Deleted group ${what}.`);
}

async function removeOffsets(client: GroupClient, flags: DeleteOffsetsFlags): Promise<void> {
  const { group: groupId } = flags;
  const partitions = Map.groupBy(await partitionsOf(client, flags.topic), ({ topic }) => topic);
  const topics = [...partitions].map(([name, of]) => {
    return { name, partitions: of.map(({ partition }) => ({ partitionIndex: partition })) };
  });
  const answer = await client.atCoordinator(groupId, OffsetDelete, { groupId, topics }, ({ errorCode }) => [errorCode]);
  check(answer.errorCode, null, `cannot delete offsets of group ${groupId}`);
  const outcomes = answer.topics.flatMap(({ name, partitions: of }) =>
    of.map(({ partitionIndex, errorCode }) => ({ what: `${name}-${partitionIndex}`, errorCode })),
  );
  report(flags, outcomes, (what) => `Deleted the offset of ${what}.`);
}

function report(flags: CommonFlags, outcomes: readonly Outcome[], done: (what: string) => string): void {
  const shown = outcomes.map(({ what, errorCode }) => ({ what, error: errorCode === 0 ? null : errorName(errorCode) }));
  if (flags.json === true) printJson(shown);
  else for (const { what, error } of shown) console.log(error === null ? done(what) : `${what}: ${error}`);
  if (shown.some(({ error }) => error !== null)) process.exitCode = 1;
}
