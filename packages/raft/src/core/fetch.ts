/**
 * Serving Fetch and FetchSnapshot as the leader: to voters, whose fetches move the high watermark, and to observers. A
 * fetch that has nothing to bring waits until there are records, until the high watermark passes what the replica knows
 * (KIP-1166), or until its time is up.
 */
import { ErrorCode } from '@tidelog/protocol';
import type { OffsetAndEpoch } from './epoch-cache.ts';
import { recordContact, recordFetch, advanceHighWatermark } from './leader-progress.ts';
import type { Member } from './member.ts';
import type { FetchRequest, FetchSnapshotRequest } from './messages.ts';
import type { Leader } from './states.ts';

export function handleFetch(member: Member, token: number, request: FetchRequest): void {
  const error = checkLeaderRequest(member, request.currentLeaderEpoch);
  const { role, log, config } = member;
  if (error !== ErrorCode.NONE || role.role !== 'leader') {
    answerFetch(member, token, { error: error === ErrorCode.NONE ? ErrorCode.NOT_LEADER_OR_FOLLOWER : error });
    return;
  }
  if (request.fetchOffset < 0 || request.lastFetchedEpoch < 0 || request.lastFetchedEpoch > role.epoch) {
    answerFetch(member, token, { error: ErrorCode.INVALID_REQUEST });
    return;
  }
  const position = log.positionOf({ offset: request.fetchOffset, epoch: request.lastFetchedEpoch });
  if (position.kind === 'diverging') {
    answerFetch(member, token, { diverging: position.end });
    return;
  }
  if (position.kind === 'snapshot') {
    recordContact(member, role, request.replica);
    answerFetch(member, token, { snapshotId: position.id });
    return;
  }
  if (request.replica.id >= 0 && request.replica.id !== member.local.id) {
    recordFetch(member, role, request.replica, request.fetchOffset);
    advanceHighWatermark(member, role);
  }
  if (tryAnswer(member, token, request)) return;
  const maxWaitMs = Math.min(request.maxWaitMs, config.fetchMaxWaitMs);
  if (maxWaitMs <= 0) answerWithRecords(member, token, request);
  else role.parked.push({ token, request, deadline: member.now + maxWaitMs });
}

/** Answers the fetches that wait, where there is something for them or their time is up. */
export function releaseFetches(member: Member, role: Leader): void {
  if (role.parked.length === 0) return;
  const parked = role.parked.splice(0);
  for (const fetch of parked) {
    if (tryAnswer(member, fetch.token, fetch.request)) continue;
    if (fetch.deadline <= member.now) answerWithRecords(member, fetch.token, fetch.request);
    else role.parked.push(fetch);
  }
}

function tryAnswer(member: Member, token: number, request: FetchRequest): boolean {
  const { log } = member;
  const news = log.readableOffset > request.fetchOffset || log.highWatermark > request.highWatermark;
  if (news) answerWithRecords(member, token, request);
  return news;
}

function answerWithRecords(member: Member, token: number, { fetchOffset, maxBytes, replica }: FetchRequest): void {
  // Who is no replica (a tool that reads the log) sees committed records only.
  const upTo = replica.id < 0 ? Math.max(member.log.highWatermark, 0) : member.log.readableOffset;
  const read = upTo > fetchOffset ? { offset: fetchOffset, upTo, maxBytes } : undefined;
  answerFetch(member, token, { read });
}

function answerFetch(
  member: Member,
  token: number,
  {
    error = ErrorCode.NONE,
    diverging,
    snapshotId,
    read,
  }: {
    error?: ErrorCode;
    diverging?: OffsetAndEpoch;
    snapshotId?: OffsetAndEpoch;
    read?: { offset: number; upTo: number; maxBytes: number } | undefined;
  },
): void {
  const { log } = member;
  member.answer(token, {
    ...member.leaderInfo(error),
    kind: 'fetch',
    highWatermark: log.highWatermark,
    logStartOffset: log.startOffset,
    diverging,
    snapshotId,
    read,
  });
}

/** What every request to a leader is checked for first. */
export function checkLeaderRequest(member: Member, epoch: number): ErrorCode {
  if (epoch >= 0 && epoch < member.epoch) return ErrorCode.FENCED_LEADER_EPOCH;
  if (epoch > member.epoch) return ErrorCode.UNKNOWN_LEADER_EPOCH;
  if (member.role.role !== 'leader') {
    return member.shutdownDeadline === undefined ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.BROKER_NOT_AVAILABLE;
  }
  return ErrorCode.NONE;
}

export function handleFetchSnapshot(member: Member, token: number, request: FetchSnapshotRequest): void {
  const { id, position } = request;
  const { role, log } = member;
  let error = checkLeaderRequest(member, request.currentLeaderEpoch);
  if (error === ErrorCode.NONE && (id.offset === 0 || !log.hasSnapshot(id))) error = ErrorCode.SNAPSHOT_NOT_FOUND;
  if (error === ErrorCode.NONE && position < 0) error = ErrorCode.POSITION_OUT_OF_RANGE;
  // A voter that gets a snapshot can not fetch records meanwhile, but it is there.
  if (error === ErrorCode.NONE && role.role === 'leader') recordContact(member, role, request.replica);
  const maxBytes = Math.min(request.maxBytes, member.config.fetchSnapshotMaxBytes);
  member.answer(token, { ...member.leaderInfo(error), kind: 'fetchSnapshot', id, position, maxBytes });
}
