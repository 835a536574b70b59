/**
 * `tidelog groups reset-offsets`: works out where each partition's offset would go, shows it, and with --execute
 * commits it as somebody who is no member, which a coordinator allows only while the group has none.
 */
import { ErrorCode, errorName, OffsetCommit } from '@tidelog/protocol';
import type { CommonFlags } from '../support/common-options.ts';
import { printJson, printTable } from '../support/output.ts';
import { nameOf, type GroupClient, type TopicPartition } from './group-client.ts';
import { durationMs, timeMs } from './reset-times.ts';
import { partitionsOf } from './topic-specs.ts';

export interface ResetFlags extends CommonFlags {
  readonly topic: string[];
  readonly allTopics?: boolean;
  readonly toEarliest?: boolean;
  readonly toLatest?: boolean;
  readonly toCurrent?: boolean;
  readonly toOffset?: string;
  readonly shiftBy?: string;
  readonly toDatetime?: string;
  readonly byDuration?: string;
  readonly dryRun?: boolean;
  readonly execute?: boolean;
}

/** Where an offset may go, and where it is. */
export interface OffsetRange {
  readonly earliest: number;
  readonly latest: number;
  readonly committed: number | undefined;
}

export type ResetTarget =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'current' }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'shift'; readonly by: number }
  | { readonly kind: 'time'; readonly timestamp: number };

interface ResetRow extends TopicPartition {
  readonly group: string;
  readonly newOffset: number;
  /** Why the coordinator refused it; undefined when it was not asked. */
  readonly error?: string | null;
}

const latestTimestamp = -1;
const earliestTimestamp = -2;

export async function reset(client: GroupClient, flags: ResetFlags, names: readonly string[]): Promise<void> {
  const target = targetOf(flags, Date.now());
  if ((flags.allTopics === true) === flags.topic.length > 0) throw new Error('say which: --topic or --all-topics');
  if (flags.execute === true && flags.dryRun === true) throw new Error('choose one of --execute and --dry-run');
  const rows: ResetRow[] = [];
  for (const group of names) {
    const planned = await plan(client, flags, { group, target });
    rows.push(...(flags.execute === true ? await commit(client, group, planned) : planned));
  }
  print(rows, flags);
  if (rows.some(({ error }) => typeof error === 'string')) process.exitCode = 1;
}

/** Exactly one way to say where to. */
export function targetOf(flags: Partial<ResetFlags>, now: number): ResetTarget {
  const ways: ResetTarget[] = [];
  if (flags.toEarliest === true) ways.push({ kind: 'earliest' });
  if (flags.toLatest === true) ways.push({ kind: 'latest' });
  if (flags.toCurrent === true) ways.push({ kind: 'current' });
  if (flags.toOffset !== undefined) ways.push({ kind: 'offset', offset: Number(flags.toOffset) });
  if (flags.shiftBy !== undefined) ways.push({ kind: 'shift', by: Number(flags.shiftBy) });
  if (flags.toDatetime !== undefined) ways.push({ kind: 'time', timestamp: timeMs(flags.toDatetime) });
  if (flags.byDuration !== undefined) ways.push({ kind: 'time', timestamp: now - durationMs(flags.byDuration) });
  const [way] = ways;
  if (way === undefined || ways.length > 1) {
    const all = '--to-earliest, --to-latest, --to-current, --to-offset, --shift-by, --to-datetime, --by-duration';
    throw new Error(`say where to, in exactly one way: ${all}`);
  }
  return way;
}

/** The new offset, never outside of what the partition holds. `atTime` is the first one at the target's time. */
export function newOffset(target: ResetTarget, range: OffsetRange, atTime: number | undefined): number {
  const { earliest, latest, committed } = range;
  const wanted = {
    earliest,
    latest,
    current: committed ?? latest,
    offset: target.kind === 'offset' ? target.offset : 0,
    shift: (committed ?? latest) + (target.kind === 'shift' ? target.by : 0),
    // No record is that young: the end.
    time: atTime === undefined || atTime < 0 ? latest : atTime,
  }[target.kind];
  return Math.min(latest, Math.max(earliest, wanted));
}

async function plan(
  client: GroupClient,
  flags: ResetFlags,
  { group, target }: { readonly group: string; readonly target: ResetTarget },
): Promise<ResetRow[]> {
  const committed = await client.committed(group);
  const partitions = flags.allTopics === true ? committed : await partitionsOf(client, flags.topic);
  const offsets = new Map(committed.map((one) => [nameOf(one), one.offset]));
  const [earliest, latest, atTime] = await Promise.all([
    client.offsetsAt(partitions, earliestTimestamp),
    client.offsetsAt(partitions, latestTimestamp),
    target.kind === 'time' ? client.offsetsAt(partitions, target.timestamp) : new Map<string, undefined>(),
  ]);
  return partitions.map(({ topic, partition }) => {
    const name = nameOf({ topic, partition });
    const [first, end] = [earliest.get(name), latest.get(name)];
    if (first === undefined || end === undefined) throw new Error(`the leader of ${name} cannot be asked for offsets`);
    const range = { earliest: first, latest: end, committed: offsets.get(name) };
    return { group, topic, partition, newOffset: newOffset(target, range, atTime.get(name)) };
  });
}

async function commit(client: GroupClient, groupId: string, rows: readonly ResetRow[]): Promise<ResetRow[]> {
  const facts = await client.topics(rows.map(({ topic }) => topic));
  const topics = [...Map.groupBy(rows, ({ topic }) => topic)].map(([name, of]) => ({
    name,
    topicId: facts.get(name)?.topicId ?? '',
    partitions: of.map(({ partition, newOffset: committedOffset }) => {
      return { partitionIndex: partition, committedOffset, committedMetadata: '' };
    }),
  }));
  const answer = await client.atCoordinator(groupId, OffsetCommit, { groupId, memberId: '', topics }, (response) =>
    response.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode)),
  );
  const codes = new Map<string, number>();
  for (const { name, topicId, partitions } of answer.topics) {
    const topic = name === '' ? topics.find((one) => one.topicId === topicId)?.name : name;
    for (const { partitionIndex, errorCode } of partitions) codes.set(`${topic}-${partitionIndex}`, errorCode);
  }
  return rows.map((row) => ({ ...row, error: whyNot(codes.get(nameOf(row))) }));
}

function whyNot(code: number | undefined): string | null {
  if (code === ErrorCode.NONE) return null;
  if (code === ErrorCode.UNKNOWN_MEMBER_ID) return 'UNKNOWN_MEMBER_ID: the group has members; stop them first';
  return code === undefined ? 'no answer' : errorName(code);
}

function print(rows: readonly ResetRow[], flags: ResetFlags): void {
  if (flags.json === true) return printJson(rows);
  printTable(rows, [
    { title: 'GROUP', value: ({ group }) => group },
    { title: 'TOPIC', value: ({ topic }) => topic },
    { title: 'PARTITION', value: ({ partition }) => partition, right: true },
    { title: 'NEW-OFFSET', value: (row) => row.newOffset, right: true },
    ...(flags.execute === true ? [{ title: 'RESULT', value: ({ error }: ResetRow) => error ?? 'done' }] : []),
  ]);
  if (flags.execute !== true) console.log('\nNothing was changed. Add --execute to do it.');
}
