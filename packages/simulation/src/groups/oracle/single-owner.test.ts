/** How long a member of a group has what it was given. What the oracle finds in a cluster, the mutations show. */
import { expect, test } from 'vitest';
import { rebalanceTimeoutMs, sessionTimeoutMs } from '../group-settings.ts';
import type { GroupMember } from './group-member.ts';
import { SingleOwner } from './single-owner.ts';

function newMember(memberId: string): GroupMember {
  return { groupId: 'g', name: memberId, isClassic: false, instanceId: null, memberId, epoch: 1 };
}

/** Another member is given what the first one has, at `now`; the first one's last heartbeat is of `sentAt`. */
function given({ now, sentAt, revokingSince }: { now: number; sentAt: number; revokingSince?: number }): void {
  const owners = new SingleOwner(() => now);
  const [first, second] = [newMember('first'), newMember('second')];
  owners.onAlive(first, 0);
  owners.onGiven(first, [0]);
  owners.onAlive(first, sentAt, revokingSince);
  owners.onAlive(second, now);
  owners.onGiven(second, [0]);
}

const asked = 1000;
const overdue = asked + rebalanceTimeoutMs;
/** The answers in between were lost. */
const late = overdue - sessionTimeoutMs / 2;

test('a member with a session has what it was given', () => {
  expect(() => given({ now: overdue, sentAt: late })).toThrow('has it for another');
});

test('a member that was asked to give something up may be out after its rebalance timeout', () => {
  expect(() => given({ now: overdue, sentAt: late, revokingSince: asked })).not.toThrow();
});

test('a member that was asked to give something up has the rest until its rebalance timeout', () => {
  const now = asked + rebalanceTimeoutMs * 0.9;
  expect(() => given({ now, sentAt: late, revokingSince: asked })).toThrow('has it for another');
});

/** Another member is given what the first one has, after a heartbeat of the first that named `owned` had no answer. */
function givenAfterUnheard(owned: readonly number[], partition: number): void {
  const owners = new SingleOwner(() => asked);
  const [first, second] = [newMember('first'), newMember('second')];
  owners.onUnheard(first, owned, 0);
  owners.onAlive(first, asked);
  owners.onGiven(first, [0, 1]);
  owners.onAlive(second, asked);
  owners.onGiven(second, [partition]);
}

test('what a heartbeat without an answer did not name may be taken for given up when it comes', () => {
  expect(() => givenAfterUnheard([0], 1)).not.toThrow();
});

test('what a heartbeat without an answer named stays with its member', () => {
  expect(() => givenAfterUnheard([0], 0)).toThrow('has it for another');
});

test('a member whose heartbeat has no answer may not be given what another has', () => {
  const owners = new SingleOwner(() => asked);
  const [first, second] = [newMember('first'), newMember('second')];
  owners.onAlive(first, asked);
  owners.onGiven(first, [0]);
  owners.onUnheard(second, [], 0);
  owners.onAlive(second, asked);
  expect(() => owners.onGiven(second, [0])).toThrow('has it for another');
});
