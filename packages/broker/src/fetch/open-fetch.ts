/**
 * From a fetch request to the partitions to be read, through sessions (KIP-227):
 *
 *   epoch -1   all partitions, no session; ends the one that is named
 *   epoch  0   all partitions, begins a session if there is a slot; ends the one that is named
 *   epoch  n   what changed since request n-1 of the session
 */
import type { Millis } from '@tidelog/core';
import { ErrorCode } from '@tidelog/protocol';
import { FetchPartition, type FetchOwner } from './fetch-partition.ts';
import type { FetchName, FetchSession, RequestedPartition } from './fetch-session.ts';
import type { SessionCache } from './session-cache.ts';

export interface FetchDemand {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly usesTopicIds: boolean;
  readonly isFollower: boolean;
  readonly wakesForHighWatermark: boolean;
  readonly partitions: readonly RequestedPartition[];
  readonly forgotten: readonly FetchName[];
}

export type OpenedFetch =
  | { readonly kind: 'refused'; readonly errorCode: ErrorCode }
  | {
      readonly kind: 'full';
      readonly partitions: readonly FetchPartition[];
      readonly session: FetchSession | undefined;
    }
  | { readonly kind: 'incremental'; readonly session: FetchSession };

export const noSession = -1;
export const beginSession = 0;

/** `wake` is told of changes to the partitions of a fetch without a session. */
export function openFetch(cache: SessionCache, demand: FetchDemand, now: Millis, wake: () => void): OpenedFetch {
  const { sessionId, sessionEpoch } = demand;
  if (sessionEpoch !== noSession && sessionEpoch !== beginSession) return continueSession(cache, demand, now);
  const ended = sessionId === 0 ? undefined : cache.get(sessionId);
  if (ended !== undefined) cache.remove(ended);
  const { isFollower, wakesForHighWatermark, usesTopicIds, partitions } = demand;
  const session =
    sessionEpoch === beginSession && partitions.length > 0
      ? cache.create(partitions.length, { usesTopicIds, isFollower, wakesForHighWatermark, now })
      : undefined;
  if (session !== undefined) {
    for (const requested of partitions) session.update(requested);
    return { kind: 'full', partitions: session.all(), session };
  }
  const owner: FetchOwner = { isFollower, wakesForHighWatermark: false, onDirty: () => undefined, wake };
  const single = partitions.map((requested) => new FetchPartition(requested, requested.position, owner));
  return { kind: 'full', partitions: single, session: undefined };
}

function continueSession(cache: SessionCache, demand: FetchDemand, now: Millis): OpenedFetch {
  const session = cache.get(demand.sessionId);
  if (session === undefined) return { kind: 'refused', errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND };
  if (session.nextEpoch !== demand.sessionEpoch) {
    return { kind: 'refused', errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH };
  }
  if (session.usesTopicIds !== demand.usesTopicIds) {
    return { kind: 'refused', errorCode: ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR };
  }
  session.advanceEpoch();
  session.lastUsedMs = now;
  const { size } = session;
  for (const requested of demand.partitions) session.update(requested);
  for (const name of demand.forgotten) session.forget(name);
  if (session.size > size && cache.isOverfull(session)) {
    cache.remove(session);
    return { kind: 'refused', errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND };
  }
  return { kind: 'incremental', session };
}
