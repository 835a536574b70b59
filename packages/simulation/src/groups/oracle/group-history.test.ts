/** What the oracle takes for evidence that a member is fenced. What it finds in a cluster, the mutations show. */
import { ErrorCode } from '@tidelog/protocol';
import { expect, test } from 'vitest';
import { GroupHistory, type Asked } from './group-history.ts';
import type { GroupMember } from './group-member.ts';

const since = 16;

function newMember(memberId: string): GroupMember {
  return { groupId: 'g', name: memberId, isClassic: true, instanceId: 'i', memberId, epoch: since };
}

/** A static member of a generation that is in the log, and a process that joined under its instance id since. */
function twoLives(): { history: GroupHistory; former: GroupMember; successor: GroupMember; asked: Asked } {
  let now = 0;
  const history = new GroupHistory('g', { now: () => now, trace: () => undefined });
  const former = newMember('former');
  history.onJoined(former, { sentAt: now, wasCurrent: true });
  history.onWritten(former, { sentAt: now, wasCurrent: true });
  history.onGiven(former, [0], { sentAt: now, wasCurrent: true });
  now = 10;
  const successor = newMember('successor');
  const asked = { sentAt: now, wasCurrent: true };
  history.onJoined(successor, asked);
  return { history, former, successor, asked };
}

test('a static member may commit while its successor is not in the log: the next coordinator knows only it', () => {
  const { history, former } = twoLives();
  const tell = history.onCommit(former, { partition: 0, offset: 5, since });
  expect(() => tell(ErrorCode.NONE)).not.toThrow();
});

test('a static member may not commit once its successor is in the log', () => {
  const { history, former, successor, asked } = twoLives();
  history.onWritten(successor, asked);
  const tell = history.onCommit(former, { partition: 0, offset: 5, since });
  expect(() => tell(ErrorCode.NONE)).toThrow('its place was taken');
});

test('what a static member had may be given to others once a successor has asked to join, heard or not', () => {
  const history = new GroupHistory('g', { now: () => 0, trace: () => undefined });
  const asked = { sentAt: 0, wasCurrent: true };
  const [former, other] = [newMember('former'), { ...newMember('other'), instanceId: 'o' }];
  for (const member of [former, other]) history.onAlive(member, asked);
  history.onGiven(former, [0], asked);
  expect(() => history.onGiven(other, [0], asked)).toThrow('partition 0 is with other');
  history.onGivenUp(other, [0]);
  history.onJoining(newMember(''));
  expect(() => history.onGiven(other, [0], asked)).not.toThrow();
});

/** A classic member joins at `joinedAt`; one of the other protocol is given its partition at a later epoch, at 20. */
function commitsInMixedGroup({ joinedAt }: { joinedAt: number }): () => void {
  let now = joinedAt;
  const history = new GroupHistory('g', { now: () => now, trace: () => undefined, isMixed: true });
  const former = newMember('former');
  history.onJoined(former, { sentAt: now, wasCurrent: true });
  now = 20;
  const other = { ...newMember('other'), isClassic: false, epoch: since + 1 };
  history.onGiven(other, [0], { sentAt: now, wasCurrent: true });
  const tell = history.onCommit(former, { partition: 0, offset: 5, since });
  return () => tell(ErrorCode.NONE);
}

test('a member of a mixed group may not commit what another was given at a later epoch', () => {
  expect(commitsInMixedGroup({ joinedAt: 10 })).toThrow('given away at epoch 17');
});

test('what a mixed group gave before a member joined is no evidence: its epochs may have begun anew since', () => {
  expect(commitsInMixedGroup({ joinedAt: 30 })).not.toThrow();
});
