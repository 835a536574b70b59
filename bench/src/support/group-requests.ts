/** What a consumer asks of its group's coordinator apart from membership: where it is, and the committed offsets. */
import type { Connection } from '@tidelog/net';
import { ErrorCode, errorName, FindCoordinator, OffsetCommit, OffsetFetch } from '@tidelog/protocol';
import { pause } from './pause.ts';

/** The coordinators that are known at the moment: node ids by group. */
export async function findCoordinators(
  connection: Connection,
  groups: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const request = { keyType: 0, coordinatorKeys: [...groups] };
  const { coordinators } = await connection.send(FindCoordinator, request, { version: 4, timeoutMs: 5000 });
  const known = coordinators.filter(({ errorCode }) => errorCode === ErrorCode.NONE);
  return new Map(known.map(({ key, nodeId }) => [key, nodeId]));
}

/** Waits until a group has a coordinator that has loaded it. The first to ask makes `__consumer_offsets`. */
export async function untilCoordinated(connection: Connection, group: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline) {
    const served = await fetchOffsets(connection, [{ group, topic: 'none', partitions: [0] }]).catch(() => new Map());
    if (served.has(group)) return;
    await findCoordinators(connection, [group]).catch(() => undefined);
    await pause(20);
  }
  throw new Error(`the group ${group} has no coordinator`);
}

export interface Commit {
  readonly group: string;
  readonly topic: string;
  /** Offsets by partition. */
  readonly offsets: ReadonlyMap<number, number>;
  /** Of the member that commits; nobody's when absent, as tools do. */
  readonly member?: { readonly memberId: string; readonly generation: number };
}

/** Commits, and throws when any of it was refused. */
export async function commitOffsets(connection: Connection, { group, topic, offsets, member }: Commit): Promise<void> {
  const partitions = Array.from(offsets, ([partitionIndex, committedOffset]) => {
    return { partitionIndex, committedOffset, committedMetadata: '' };
  });
  const request = {
    groupId: group,
    memberId: member?.memberId ?? '',
    generationIdOrMemberEpoch: member?.generation ?? -1,
    topics: [{ name: topic, partitions }],
  };
  const response = await connection.send(OffsetCommit, request, { version: 8 });
  for (const { errorCode } of response.topics.flatMap((one) => one.partitions)) {
    if (errorCode !== ErrorCode.NONE) throw new Error(`a commit of ${group} was refused: ${errorName(errorCode)}`);
  }
}

export interface OffsetQuery {
  readonly group: string;
  readonly topic: string;
  readonly partitions: readonly number[];
}

/** The offsets of those groups that were answered for, by partition. */
export async function fetchOffsets(
  connection: Connection,
  queries: readonly OffsetQuery[],
): Promise<Map<string, ReadonlyMap<number, number>>> {
  const groups = queries.map(({ group, topic, partitions }) => {
    return { groupId: group, topics: [{ name: topic, partitionIndexes: [...partitions] }] };
  });
  const response = await connection.send(OffsetFetch, { groups }, { version: 8, timeoutMs: 5000 });
  const answered = response.groups.filter(({ errorCode }) => errorCode === ErrorCode.NONE);
  return new Map(
    answered.map(({ groupId, topics }) => {
      const partitions = topics.flatMap((topic) => topic.partitions);
      const offsets = partitions.map((one) => [one.partitionIndex, one.committedOffset] as const);
      return [groupId, new Map(offsets)];
    }),
  );
}
