import { expect, test } from 'vitest';
import { SeededRandom } from '@tidelog/core';
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
