import { expect, test } from 'vitest';
import { SeededRandom } from '@tidelog/core';
import { ErrorCode } from '@tidelog/protocol';
import { openFetch, type FetchDemand, type OpenedFetch } from './open-fetch.ts';
import { sessionEvictionMs, SessionCache } from './session-cache.ts';

const consumer = { usesTopicIds: true, isFollower: false, wakesForHighWatermark: false };
const follower = { ...consumer, isFollower: true };

test('a full cache gives no session to a newcomer that is worth no more', () => {
  const cache = new SessionCache(1, new SeededRandom(1));
  expect(cache.create(5, { ...consumer, now: 0 })).toBeDefined();
  expect(cache.create(5, { ...consumer, now: 1 })).toBeUndefined();
});

test('an idle session yields to anybody', () => {
  const cache = new SessionCache(1, new SeededRandom(1));
  const idle = cache.create(5, { ...follower, now: 0 });
  expect(cache.create(1, { ...consumer, now: sessionEvictionMs + 1 })).toBeDefined();
  expect(cache.get(idle?.id ?? 0)).toBeUndefined();
  expect(cache.evictions).toBe(1);
});

test('a busy consumer yields to a follower once it had its time, a follower never to a consumer', () => {
  const cache = new SessionCache(2, new SeededRandom(1));
  const sessions = [cache.create(0, { ...consumer, now: 0 }), cache.create(0, { ...follower, now: 0 })];
  const now = sessionEvictionMs + 1;
  for (const session of sessions) if (session !== undefined) session.lastUsedMs = now;
  expect(cache.create(0, { ...consumer, now })).toBeUndefined();
  expect(cache.create(0, { ...follower, now })).toBeDefined();
  expect(cache.get(sessions[0]?.id ?? 0)).toBeUndefined();
  expect(cache.get(sessions[1]?.id ?? 0)).toBe(sessions[1]);
});

/** Asks for partitions that do not exist. */
function ask(cache: SessionCache, demand: Partial<FetchDemand>, ...numbers: number[]): OpenedFetch {
  const position = {
    fetchOffset: 0,
    lastFetchedEpoch: -1,
    currentLeaderEpoch: -1,
    logStartOffset: -1,
    partitionMaxBytes: 1,
  };
  const partitions = numbers.map((partition) => ({ topic: 'none', topicId: '', partition, position }));
  const whole = {
    ...consumer,
    sessionId: 0,
    sessionEpoch: 0,
    usesTopicIds: false,
    forgotten: [],
    partitions,
    ...demand,
  };
  return openFetch(cache, whole, 0, () => undefined);
}

test('a session that is filled with too many partitions ends, and its client goes on without one', () => {
  const cache = new SessionCache(10, new SeededRandom(1), { perSession: 3, total: 4 });
  const opened = ask(cache, {}, 1, 2);
  const sessionId = opened.kind === 'full' ? opened.session?.id : undefined;
  expect(ask(cache, { sessionId: sessionId ?? 0, sessionEpoch: 1 }, 1, 2, 3).kind).toBe('incremental');
  const overfull = ask(cache, { sessionId: sessionId ?? 0, sessionEpoch: 2 }, 4);
  expect(overfull).toEqual({ kind: 'refused', errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND });
  expect([cache.size, cache.partitions]).toEqual([0, 0]);
  expect(ask(cache, {}, 1, 2, 3, 4)).toMatchObject({ kind: 'full', session: undefined });
});

test('all sessions together hold so many partitions', () => {
  const cache = new SessionCache(10, new SeededRandom(1), { perSession: 3, total: 4 });
  expect(ask(cache, {}, 1, 2, 3)).toMatchObject({ session: { size: 3 } });
  expect(ask(cache, {}, 1, 2)).toMatchObject({ kind: 'full', session: undefined });
  expect(ask(cache, {}, 1)).toMatchObject({ session: { size: 1 } });
});
