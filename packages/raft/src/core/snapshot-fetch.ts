/**
 * Getting a snapshot from the leader, piece by piece into a partial file (KIP-630). A transfer goes on where an
 * earlier one ended; nothing of it counts before the shell has verified all of it. Then the log begins anew behind it.
 */
import { assert } from '@tidelog/core';
import { ErrorCode } from '@tidelog/protocol';
import type { Call } from './calls.ts';
import { learnLeader } from './election.ts';
import type { OffsetAndEpoch } from './epoch-cache.ts';
import { onLeaderSeen } from './follower.ts';
import type { Member } from './member.ts';
import type { FetchSnapshotResponse } from './messages.ts';
import type { Follower, SnapshotTransfer } from './states.ts';
import type { VoterSet } from './voter-set.ts';

export function beginTransfer(member: Member, role: Follower, id: OffsetAndEpoch): void {
  if (id.offset < 0 || id.epoch < 0 || id.offset < member.log.highWatermark || id.epoch > role.epoch) {
    member.note('warn', 'the leader offers a snapshot that can not be of use', {
      offset: id.offset,
      ofEpoch: id.epoch,
    });
    return;
  }
  role.snapshot = { id, position: -1, installing: false };
  member.emit({ kind: 'openSnapshotPart', id });
}

export function pollTransfer(member: Member, role: Follower, transfer: SnapshotTransfer): void {
  if (transfer.installing) return;
  if (transfer.position < 0) return;
  member.send(role.leader, {
    kind: 'fetchSnapshot',
    replica: member.local,
    currentLeaderEpoch: role.epoch,
    id: transfer.id,
    position: transfer.position,
    maxBytes: member.config.fetchSnapshotMaxBytes,
  });
}

export function onSnapshotPartOpened(member: Member, id: OffsetAndEpoch, position: number): void {
  const transfer = transferOf(member, id);
  if (transfer !== undefined && transfer.position < 0) transfer.position = position;
}

export function onFetchSnapshotResponse(member: Member, call: Call, response: FetchSnapshotResponse): void {
  if (learnLeader(member, response)) return;
  const { role, now, config } = member;
  if (role.role !== 'follower' || call.request.kind !== 'fetchSnapshot') return;
  const transfer = transferOf(member, call.request.id);
  if (transfer === undefined || transfer.position !== call.request.position) return;
  const { error, size, bytes } = response;
  if (error !== ErrorCode.NONE) {
    member.calls.pause(call, now + config.retryBackoffMs);
    // The leader has a newer one, or the partial file is longer than the snapshot: ask again what to get.
    if (error === ErrorCode.POSITION_OUT_OF_RANGE) member.emit({ kind: 'discardSnapshotPart', id: transfer.id });
    role.snapshot = undefined;
    return;
  }
  onLeaderSeen(member, role);
  if (response.position !== transfer.position || bytes.length === 0 || transfer.position + bytes.length > size) {
    member.note('warn', 'the leader sent a piece of a snapshot that was not asked for', {
      position: response.position,
    });
    member.emit({ kind: 'discardSnapshotPart', id: transfer.id });
    role.snapshot = undefined;
    return;
  }
  member.emit({ kind: 'writeSnapshotPart', id: transfer.id, position: transfer.position, bytes });
  transfer.position += bytes.length;
  if (transfer.position < size) return;
  transfer.installing = true;
  // Verifying takes as long as it takes; the leader has done its part.
  role.fetchDeadline = Infinity;
  member.emit({ kind: 'installSnapshot', id: transfer.id, size });
}

export function onSnapshotInstalled(
  member: Member,
  { id, voters, kraftVersion }: { id: OffsetAndEpoch; voters: VoterSet | undefined; kraftVersion: number },
): void {
  const { log, role } = member;
  const alreadyHeld = log.endOffset >= id.offset && log.epochs.epochAt(id.offset - 1) === id.epoch;
  // Whoever leads by now, the file holds committed state: a log without it is behind, or has gone astray.
  if (alreadyHeld || role.role === 'leader') log.addSnapshot(id);
  else restartLog(member, { id, voters, kraftVersion });
  if (role.role !== 'follower') return;
  role.snapshot = undefined;
  onLeaderSeen(member, role);
}

function restartLog(
  member: Member,
  { id, voters, kraftVersion }: { id: OffsetAndEpoch; voters: VoterSet | undefined; kraftVersion: number },
): void {
  const { log } = member;
  assert(
    id.offset >= log.highWatermark,
    () => `snapshot at ${id.offset} below the high watermark ${log.highWatermark}`,
  );
  log.restartAt(id, { voters: voters ?? log.voters, kraftVersion });
  member.emit({ kind: 'restartLog', id });
  member.emit({ kind: 'commit', highWatermark: log.highWatermark });
}

export function onSnapshotRefused(member: Member, id: OffsetAndEpoch, detail: string): void {
  member.note('warn', 'a fetched snapshot was refused; it will be fetched anew', { offset: id.offset, detail });
  const { role, now, config } = member;
  if (transferOf(member, id) === undefined || role.role !== 'follower') return;
  role.snapshot = undefined;
  role.fetchDeadline = now + config.fetchTimeoutMs;
}

function transferOf({ role }: Member, id: OffsetAndEpoch): SnapshotTransfer | undefined {
  if (role.role !== 'follower' || role.snapshot === undefined) return undefined;
  const { snapshot } = role;
  return snapshot.id.offset === id.offset && snapshot.id.epoch === id.epoch ? snapshot : undefined;
}
