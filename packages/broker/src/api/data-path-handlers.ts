/** The handlers through which records flow, bound to what they stand on; the broker adds them to its list. */
import type { Metrics, World } from '@tidelog/core';
import type { LogStore } from '@tidelog/log';
import { bind, type BoundHandler } from '@tidelog/net';
import type { Authorizer } from '../authorizer.ts';
import { SessionCache } from '../fetch/session-cache.ts';
import type { ProducerIds } from '../producer-ids.ts';
import type { Replicas } from '../replication/replicas.ts';
import { deleteRecords } from './delete-records.ts';
import { describeLogDirs } from './describe-log-dirs.ts';
import { describeProducers } from './describe-producers.ts';
import { fetch } from './fetch.ts';
import { initProducerId, type InitProducerIdDeps } from './init-producer-id.ts';
import { listOffsets } from './list-offsets.ts';
import { offsetForLeaderEpoch } from './offset-for-leader-epoch.ts';
import { produce } from './produce.ts';

export interface DataPathDeps {
  readonly world: World;
  readonly metrics: Metrics;
  readonly store: LogStore;
  readonly replicas: Replicas;
  readonly authorizer: Authorizer;
  readonly producerIds: ProducerIds;
  readonly nodeId: number;
  /** fetch.max.bytes */
  readonly fetchMaxBytes: number;
  /** max.incremental.fetch.session.cache.slots */
  readonly fetchSessionSlots: number;
  readonly rackAwareReads: boolean;
  readonly transactional?: InitProducerIdDeps['transactional'];
}

export function dataPathHandlers(deps: DataPathDeps): BoundHandler[] {
  const { world, metrics, replicas, authorizer, fetchMaxBytes, rackAwareReads, transactional } = deps;
  const sessions = new SessionCache(deps.fetchSessionSlots, world.random);
  exposeSessions(metrics, sessions);
  const { topicMetrics } = replicas;
  return [
    bind(produce, { replicas, authorizer, metrics: topicMetrics }),
    bind(fetch, { world, replicas, sessions, authorizer, metrics: topicMetrics, fetchMaxBytes, rackAwareReads }),
    bind(listOffsets, deps),
    bind(offsetForLeaderEpoch, deps),
    bind(deleteRecords, deps),
    bind(describeProducers, deps),
    bind(describeLogDirs, deps),
    bind(initProducerId, {
      producerIds: deps.producerIds,
      authorizer,
      ...(transactional !== undefined && { transactional }),
    }),
  ];
}

function exposeSessions(metrics: Metrics, sessions: SessionCache): void {
  const gauges: readonly (readonly [name: string, help: string, read: () => number])[] = [
    ['numincrementalfetchsessions', 'Fetch sessions in the cache.', () => sessions.size],
    ['numincrementalfetchpartitionscached', 'Partitions in all fetch sessions.', () => sessions.partitions],
    ['incrementalfetchsessionevictions', 'Fetch sessions that lost their slot.', () => sessions.evictions],
  ];
  for (const [name, help, read] of gauges) {
    metrics.gaugeOf({ name: `kafka_server_fetchsessioncache_${name}`, help }, read);
  }
}
