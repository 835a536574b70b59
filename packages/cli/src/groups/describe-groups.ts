/** `tidelog groups describe`: offsets with their lag, members, or state, a row each over all groups asked for. */
import { printJson, printTable } from '../support/output.ts';
import type { CommonFlags } from '../support/common-options.ts';
import { nameOf, type GroupClient } from './group-client.ts';
import type { GroupDescription, GroupMember } from './group-description.ts';

export interface DescribeFlags extends CommonFlags {
  readonly offsets?: boolean;
  readonly members?: boolean;
  readonly verbose?: boolean;
  readonly state?: boolean;
}

interface OffsetRow {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly currentOffset: number | null;
  readonly logEndOffset: number | null;
  readonly lag: number | null;
  readonly consumerId: string | null;
  readonly host: string | null;
  readonly clientId: string | null;
}

export async function describe(client: GroupClient, flags: DescribeFlags, names: readonly string[]): Promise<void> {
  const ways = [flags.offsets, flags.members, flags.state].filter((way) => way === true);
  if (ways.length > 1) throw new Error('choose one of --offsets, --members and --state');
  const groups: GroupDescription[] = [];
  for (const name of names) groups.push(await client.describe(name));
  if (flags.state === true) return printState(groups, flags);
  // A table without rows, or with dashes for members, would leave it open whether nobody is there or nobody answered.
  for (const { groupId, members } of groups) {
    if (members.length === 0) console.error(`Consumer group '${groupId}' has no active members.`);
  }
  if (flags.members === true) return printMembers(groups, flags);
  const rows: OffsetRow[] = [];
  for (const group of groups) rows.push(...(await offsetRows(client, group)));
  printOffsets(rows, flags);
}

/** A row for every partition that the group has an offset of or reads. */
async function offsetRows(client: GroupClient, group: GroupDescription): Promise<OffsetRow[]> {
  const committed = new Map((await client.committed(group.groupId)).map((one) => [nameOf(one), one]));
  const readers = new Map<string, GroupMember>();
  for (const member of group.members) for (const one of member.assignment) readers.set(nameOf(one), member);
  const assigned = group.members.flatMap(({ assignment }) => assignment);
  const partitions = new Map([...committed.values(), ...assigned].map((one) => [nameOf(one), one]));
  const ends = await client.offsetsAt([...partitions.values()], -1);
  const rows = [...partitions].map(([name, { topic, partition }]) => {
    const currentOffset = committed.get(name)?.offset ?? null;
    const logEndOffset = ends.get(name) ?? null;
    const lag = currentOffset === null || logEndOffset === null ? null : Math.max(0, logEndOffset - currentOffset);
    const { memberId: consumerId = null, host = null, clientId = null } = readers.get(name) ?? {};
    return { group: group.groupId, topic, partition, currentOffset, logEndOffset, lag, consumerId, host, clientId };
  });
  return rows.toSorted((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
}

const orDash = (value: string | number | null | undefined): string | number => value ?? '-';

function printOffsets(rows: readonly OffsetRow[], flags: CommonFlags): void {
  if (flags.json === true) return printJson(rows);
  printTable(rows, [
    { title: 'GROUP', value: ({ group }) => group },
    { title: 'TOPIC', value: ({ topic }) => topic },
    { title: 'PARTITION', value: ({ partition }) => partition, right: true },
    { title: 'CURRENT-OFFSET', value: ({ currentOffset }) => orDash(currentOffset), right: true },
    { title: 'LOG-END-OFFSET', value: ({ logEndOffset }) => orDash(logEndOffset), right: true },
    { title: 'LAG', value: ({ lag }) => orDash(lag), right: true },
    { title: 'CONSUMER-ID', value: ({ consumerId }) => orDash(consumerId) },
    { title: 'HOST', value: ({ host }) => orDash(host) },
    { title: 'CLIENT-ID', value: ({ clientId }) => orDash(clientId) },
  ]);
}

function printMembers(groups: readonly GroupDescription[], flags: DescribeFlags): void {
  const rows = groups.flatMap(({ groupId, members }) => members.map((member) => ({ group: groupId, ...member })));
  if (flags.json === true) return printJson(rows);
  printTable(rows, [
    { title: 'GROUP', value: ({ group }) => group },
    { title: 'CONSUMER-ID', value: ({ memberId }) => memberId },
    { title: 'GROUP-INSTANCE-ID', value: ({ instanceId }) => orDash(instanceId) },
    { title: 'HOST', value: ({ host }) => host },
    { title: 'CLIENT-ID', value: ({ clientId }) => clientId },
    { title: '#PARTITIONS', value: ({ assignment }) => assignment.length, right: true },
    ...(flags.verbose === true
      ? [
          { title: 'MEMBER-EPOCH', value: ({ epoch }: GroupMember) => orDash(epoch), right: true },
          { title: 'ASSIGNMENT', value: ({ assignment }: GroupMember) => orDash(assignmentText(assignment)) },
        ]
      : []),
  ]);
}

/** As `orders:0,1;payments:3`. */
function assignmentText(assignment: GroupMember['assignment']): string | null {
  const byTopic = Map.groupBy(assignment, ({ topic }) => topic);
  const texts = [...byTopic].map(([topic, of]) => `${topic}:${of.map(({ partition }) => partition).join(',')}`);
  return texts.length === 0 ? null : texts.toSorted().join(';');
}

function printState(groups: readonly GroupDescription[], flags: CommonFlags): void {
  if (flags.json === true) {
    return printJson(groups.map(({ members, ...group }) => ({ ...group, members: members.length })));
  }
  printTable(groups, [
    { title: 'GROUP', value: ({ groupId }) => groupId },
    { title: 'COORDINATOR (ID)', value: ({ coordinator: { host, port, nodeId } }) => `${host}:${port} (${nodeId})` },
    { title: 'ASSIGNMENT-STRATEGY', value: ({ assignor }) => orDash(assignor === '' ? null : assignor) },
    { title: 'STATE', value: ({ state }) => state },
    { title: 'TYPE', value: ({ type }) => type },
    { title: 'GROUP-EPOCH', value: ({ epoch }) => orDash(epoch), right: true },
    { title: '#MEMBERS', value: ({ members }) => members.length, right: true },
  ]);
}
