/**
 * The fetch sessions of this broker, in bounded numbers of slots and of partitions (KIP-227): who
 * asks for more fetches without a session. A new session may take the place of one
 * that was idle for two minutes, or of a less valuable one that had its time: consumers yield to followers, smaller
 * sessions to larger ones.
 */
import type { Millis, Random } from '@tidelog/core';
import { FetchSession, type SessionOptions } from './fetch-session.ts';

export const sessionEvictionMs: Millis = 120_000;

/** How many partitions there may be, named by clients: that they exist is nowhere said. */
export interface SessionCacheLimits {
  readonly perSession: number;
  readonly total: number;
}

const defaultLimits: SessionCacheLimits = { perSession: 100_000, total: 500_000 };

export class SessionCache {
  readonly #slots: number;
  readonly #limits: SessionCacheLimits;
  readonly #random: Random;
  readonly #sessions = new Map<number, FetchSession>();
  #evictions = 0;

  constructor(slots: number, random: Random, limits: SessionCacheLimits = defaultLimits) {
    this.#slots = slots;
    this.#limits = limits;
    this.#random = random;
  }

  get size(): number {
    return this.#sessions.size;
  }

  get evictions(): number {
    return this.#evictions;
  }

  /** Partitions over all sessions. */
  get partitions(): number {
    let sum = 0;
    for (const session of this.#sessions.values()) sum += session.size;
    return sum;
  }

  get(id: number): FetchSession | undefined {
    return this.#sessions.get(id);
  }

  /** Whether there are more partitions in a session, or over all, than there may be. */
  isOverfull(session: FetchSession): boolean {
    return session.size > this.#limits.perSession || this.partitions > this.#limits.total;
  }

  /** A session for `size` partitions, or undefined when there is no slot for it. */
  create(size: number, options: Omit<SessionOptions, 'id'>): FetchSession | undefined {
    const { perSession, total } = this.#limits;
    if (size > perSession || this.partitions + size > total) return undefined;
    if (this.#sessions.size >= this.#slots && !this.#evictFor(size, options)) return undefined;
    let id = 0;
    while (id === 0 || this.#sessions.has(id)) id = this.#random.below(0x7fffffff);
    const session = new FetchSession({ ...options, id });
    this.#sessions.set(id, session);
    return session;
  }

  remove(session: FetchSession): void {
    if (this.#sessions.get(session.id) !== session) return;
    this.#sessions.delete(session.id);
    session.close();
  }

  #evictFor(size: number, { isFollower, now }: Omit<SessionOptions, 'id'>): boolean {
    const newcomer = { isFollower, size };
    let victim: FetchSession | undefined;
    for (const session of this.#sessions.values()) {
      if (session.waiting !== undefined) continue;
      const isStale = now - session.lastUsedMs > sessionEvictionMs;
      const isOutranked = now - session.createdMs > sessionEvictionMs && isWorthLess(session, newcomer);
      if (!isStale && !isOutranked) continue;
      if (victim === undefined || isWorthLess(session, victim)) victim = session;
    }
    if (victim === undefined) return false;
    this.remove(victim);
    this.#evictions++;
    return true;
  }
}

interface Worth {
  readonly isFollower: boolean;
  readonly size: number;
}

function isWorthLess(a: Worth, b: Worth): boolean {
  return a.isFollower === b.isFollower ? a.size < b.size : b.isFollower;
}
