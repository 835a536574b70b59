/** The runtime with the group coordinator in it, over real logs and real replication. */
import { noMetrics, silentLogger } from '@tidelog/core';
import { ErrorCode, errorName } from '@tidelog/protocol';
import { afterEach, expect, test } from 'vitest';
import type { TestBroker } from '../../testing/test-broker.ts';
import { TestCluster } from '../../testing/test-cluster.ts';
import { joinError, syncError, type JoinResponse, type SyncResponse } from '../group/core/classic/classic-responses.ts';
import { heartbeatError, type ConsumerHeartbeatResponse } from '../group/core/consumer/consumer-responses.ts';
import { defaultGroupConfig } from '../group/core/group-config.ts';
import type { CommitResponse, FetchResponseGroup } from '../group/core/offsets/offset-requests.ts';
import { GroupCoordinator } from '../group/group-coordinator.ts';

const offsetsId = 'OOOOOOOOOOOOOOOOOOOOOA';
const topicId = 'TTTTTTTTTTTTTTTTTTTTTA';
const cleanups: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

function coordinatorOn(cluster: TestCluster, broker: TestBroker, commitTimeoutMs = 5000): GroupCoordinator {
  const { world, replicas, nodeId } = broker;
  const coordinator = new GroupCoordinator({
    world,
    replicas,
    nodeId,
    logger: silentLogger,
    metrics: noMetrics,
    staticConfig: new Map(),
    config: {
      ...defaultGroupConfig,
      initialRebalanceDelayMs: 0,
      offsetsCommitTimeoutMs: commitTimeoutMs,
      offsetsLoadBufferSize: 65_536,
      offsetsTopicCodec: 'none',
    },
  });
  const publisher = {
    name: 'groups',
    onMetadata: (...news: Parameters<GroupCoordinator['onMetadata']>): void => coordinator.onMetadata(...news),
  };
  cluster.controller.addPublisher(publisher);
  cleanups.push(() => {
    cluster.controller.removePublisher(publisher);
    coordinator.close();
  });
  return coordinator;
}

interface ClusterSpec {
  readonly replicaLagTimeMaxMs?: number;
  readonly maxMessageBytes?: number;
}

async function clusterOf(brokers: number, minInsyncReplicas = 1, spec: ClusterSpec = {}): Promise<TestCluster> {
  const { replicaLagTimeMaxMs = 300, maxMessageBytes } = spec;
  const log = maxMessageBytes === undefined ? {} : { maxMessageBytes };
  const cluster = await TestCluster.start({ brokers, minInsyncReplicas, log, replication: { replicaLagTimeMaxMs } });
  cleanups.push(() => cluster.stop());
  return cluster;
}

function createTopics(cluster: TestCluster, replicas: number[]): void {
  cluster.controller.createTopic({ name: 't', topicId, replicas: [[1]] });
  cluster.controller.createTopic({ name: '__consumer_offsets', topicId: offsetsId, replicas: [replicas] });
}

interface Commit {
  readonly groupId?: string;
  readonly metadata?: string;
  /** The group of the input, where it is not the one that is asked for. */
  readonly inputGroup?: string;
}

async function commit(coordinator: GroupCoordinator, offset: number, how: Commit = {}): Promise<string> {
  const { groupId = 'g', metadata: committedMetadata = '', inputGroup = groupId } = how;
  const partitions = [{ partitionIndex: 0, committedOffset: offset, committedLeaderEpoch: -1, committedMetadata }];
  const response = await coordinator.ask<CommitResponse>(groupId, {
    input: (to) => ({
      type: 'commitOffsets',
      to,
      apiVersion: 9,
      groupId: inputGroup,
      memberId: '',
      groupInstanceId: null,
      generationIdOrMemberEpoch: -1,
      retentionTimeMs: -1,
      topics: [{ name: 't', topicId, partitions }],
    }),
    failed: (errorCode) => ({ topics: [{ partitions: [{ partitionIndex: 0, errorCode }] }] }),
  });
  return errorName(response.topics[0]?.partitions[0]?.errorCode ?? -1);
}

async function fetch(coordinator: GroupCoordinator, groupId = 'g'): Promise<number | string> {
  const topics = [{ name: 't', topicId, partitions: [0] }];
  const input = {
    type: 'fetchOffsets',
    groupId,
    memberId: null,
    memberEpoch: -1,
    topics,
    requireStable: false,
  } as const;
  const response = await coordinator.ask<FetchResponseGroup>(groupId, {
    input: (to) => ({ ...input, to }),
    failed: (errorCode) => ({ groupId, topics: [], errorCode }),
  });
  const { errorCode } = response;
  return errorCode === ErrorCode.NONE
    ? (response.topics[0]?.partitions[0]?.committedOffset ?? -1)
    : errorName(errorCode);
}

const client = { clientId: 'c', clientHost: '/h' };

/** Joins as the only member of a classic group. */
async function join(coordinator: GroupCoordinator, groupId: string, memberId = ''): Promise<JoinResponse> {
  const request = {
    groupId,
    memberId,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 60_000,
    groupInstanceId: null,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from('m') }],
    reason: null,
  };
  const input = { type: 'join', request, client, apiVersion: 3, uuid: 'u' } as const;
  return coordinator.ask<JoinResponse>(groupId, {
    input: (to) => ({ ...input, to }),
    failed: (errorCode) => joinError(errorCode, memberId),
  });
}

async function sync(
  coordinator: GroupCoordinator,
  { groupId, joined, assignment }: { groupId: string; joined: JoinResponse; assignment: Buffer },
): Promise<string> {
  const { memberId, generationId = -1 } = joined;
  const protocol = { protocolType: null, protocolName: null, groupInstanceId: null };
  const request = { groupId, memberId, generationId, ...protocol, assignments: [{ memberId, assignment }] };
  const response = await coordinator.ask<SyncResponse>(groupId, {
    input: (to) => ({ type: 'sync', request, to }),
    failed: syncError,
  });
  return errorName(response.errorCode);
}

/** Joins a group of the consumer protocol. */
async function subscribe(coordinator: GroupCoordinator, groupId: string, topics: string[]): Promise<string> {
  const request = {
    groupId,
    memberId: 'm',
    memberEpoch: 0,
    instanceId: null,
    rackId: null,
    rebalanceTimeoutMs: 1000,
    subscribedTopicNames: topics,
    subscribedTopicRegex: null,
    serverAssignor: null,
    topicPartitions: [],
  };
  const input = { type: 'consumerHeartbeat', request, client, apiVersion: 1, uuid: 'u' } as const;
  const response = await coordinator.ask<ConsumerHeartbeatResponse>(groupId, {
    input: (to) => ({ ...input, to }),
    failed: (errorCode) => heartbeatError(errorCode, null),
  });
  return errorName(response.errorCode);
}

/** Until it is so; on a busy machine it takes seconds. */
async function eventually<T>(ask: () => Promise<T>, wanted: T): Promise<void> {
  let last = await ask();
  for (const end = Date.now() + 20_000; Date.now() < end && last !== wanted;) {
    await new Promise((resolve) => void setImmediate(resolve));
    last = await ask();
  }
  expect(last).toBe(wanted);
}

test('a coordinator serves what it has loaded, and another takes over where it was', async () => {
  const cluster = await clusterOf(2);
  const first = coordinatorOn(cluster, cluster.broker(1));
  const second = coordinatorOn(cluster, cluster.broker(2));
  expect(await commit(first, 1)).toBe('COORDINATOR_NOT_AVAILABLE');
  createTopics(cluster, [1, 2]);
  await eventually(() => commit(first, 1), 'COORDINATOR_LOAD_IN_PROGRESS');
  await eventually(() => commit(first, 5), 'NONE');
  expect(await commit(second, 1)).toBe('NOT_COORDINATOR');
  expect(await fetch(first)).toBe(5);
  cluster.controller.elect(offsetsId, 0, { leader: 2 });
  expect(await fetch(first)).toBe('NOT_COORDINATOR');
  await eventually(() => fetch(second), 5);
  expect(await commit(second, 7)).toBe('NONE');
});

test('everything that one turn decides is one append', async () => {
  const cluster = await clusterOf(1);
  const coordinator = coordinatorOn(cluster, cluster.broker(1));
  createTopics(cluster, [1]);
  await eventually(() => commit(coordinator, 1), 'NONE');
  const replica = cluster.broker(1).replicas.get('__consumer_offsets', 0);
  const before = replica?.logEndOffset ?? 0;
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, i) => commit(coordinator, i, { groupId: `g${i}` })),
  );
  expect(new Set(answers)).toEqual(new Set(['NONE']));
  expect(replica?.logEndOffset).toBe(before + 100);
  const read = await replica?.read({ offset: before, maxBytes: 1e6, minOneBatch: true, upTo: 'logEnd' });
  if (read?.kind !== 'data') throw new Error('nothing to read');
  expect(read.records.contiguous(57, 4).readInt32BE(0)).toBe(100);
});

test('a commit that is not replicated in time is answered, and is not seen before it is committed', async () => {
  const cluster = await clusterOf(2);
  const coordinator = coordinatorOn(cluster, cluster.broker(1), 100);
  createTopics(cluster, [1, 2]);
  await eventually(() => commit(coordinator, 1), 'NONE');
  cluster.cut(2, 1);
  expect(await commit(coordinator, 2)).toBe('COORDINATOR_NOT_AVAILABLE');
  cluster.heal(2, 1);
  await eventually(() => fetch(coordinator), 2);
});

test('a commit that the log refuses never was', async () => {
  const cluster = await clusterOf(2, 2);
  const coordinator = coordinatorOn(cluster, cluster.broker(1), 500);
  createTopics(cluster, [1, 2]);
  await eventually(() => commit(coordinator, 1), 'NONE');
  cluster.cut(2, 1);
  const late = commit(coordinator, 2);
  const isrSize = async (): Promise<number> => {
    await Promise.resolve();
    return cluster.broker(1).replicas.get('__consumer_offsets', 0)?.inSyncReplicas.length ?? 0;
  };
  await eventually(isrSize, 1);
  expect(await late).toBe('COORDINATOR_NOT_AVAILABLE');
  expect(await commit(coordinator, 3)).toBe('COORDINATOR_NOT_AVAILABLE');
  // The first one is in the log: it may yet be committed, and until then nobody is told what the offset is.
  expect(await fetch(coordinator)).toBe('COORDINATOR_NOT_AVAILABLE');
  cluster.heal(2, 1);
  await eventually(() => fetch(coordinator), 2);
  await eventually(() => commit(coordinator, 4), 'NONE');
  expect(await fetch(coordinator)).toBe(4);
});

test('an input that breaks the core is its own failure, and the shard is loaded anew', async () => {
  const cluster = await clusterOf(1);
  const coordinator = coordinatorOn(cluster, cluster.broker(1));
  createTopics(cluster, [1]);
  await eventually(() => commit(coordinator, 1), 'NONE');
  const unwritable = '\u{fffd}'.repeat(20_000);
  expect(await commit(coordinator, 2, { inputGroup: unwritable })).toBe('UNKNOWN_SERVER_ERROR');
  await eventually(() => fetch(coordinator), 1);
});

test('a group id that cannot be written again is refused', async () => {
  const cluster = await clusterOf(1);
  const coordinator = coordinatorOn(cluster, cluster.broker(1));
  createTopics(cluster, [1]);
  await eventually(() => commit(coordinator, 1), 'NONE');
  expect(await commit(coordinator, 2, { groupId: '\u{fffd}'.repeat(20_000) })).toBe('INVALID_GROUP_ID');
});

test('a record that is too large for the log fails alone', async () => {
  const cluster = await clusterOf(1, 1, { maxMessageBytes: 1000 });
  const coordinator = coordinatorOn(cluster, cluster.broker(1));
  createTopics(cluster, [1]);
  await eventually(() => commit(coordinator, 1), 'NONE');
  const metadata = 'x'.repeat(2000);
  const answers = [commit(coordinator, 2), commit(coordinator, 3, { metadata }), commit(coordinator, 4)];
  expect(await Promise.all(answers)).toEqual(['NONE', 'UNKNOWN_SERVER_ERROR', 'NONE']);
  expect(await fetch(coordinator)).toBe(4);
});

test('an assignment that is too large for the log sends its group back to join, and no other', async () => {
  const cluster = await clusterOf(1, 1, { maxMessageBytes: 1000 });
  const coordinator = coordinatorOn(cluster, cluster.broker(1));
  createTopics(cluster, [1]);
  await eventually(() => commit(coordinator, 1), 'NONE');
  const [big, small] = await Promise.all([join(coordinator, 'big'), join(coordinator, 'small')]);
  const answers = await Promise.all([
    sync(coordinator, { groupId: 'big', joined: big, assignment: Buffer.alloc(2000) }),
    sync(coordinator, { groupId: 'small', joined: small, assignment: Buffer.alloc(20) }),
  ]);
  expect(answers).toEqual(['UNKNOWN_SERVER_ERROR', 'NONE']);
  const again = await join(coordinator, 'big', big.memberId);
  expect(again.generationId).toBe(2);
  expect(await sync(coordinator, { groupId: 'big', joined: again, assignment: Buffer.alloc(20) })).toBe('NONE');
});

test('a subscription that is too large for the log makes nobody a member', async () => {
  const cluster = await clusterOf(1, 1, { maxMessageBytes: 1000 });
  const coordinator = coordinatorOn(cluster, cluster.broker(1));
  createTopics(cluster, [1]);
  await eventually(() => commit(coordinator, 1), 'NONE');
  const topics = Array.from({ length: 200 }, (_, i) => `topic-${i}`);
  expect(await subscribe(coordinator, 'big', topics)).toBe('UNKNOWN_SERVER_ERROR');
  expect(await subscribe(coordinator, 'small', ['t'])).toBe('NONE');
  const { groups } = await coordinator.list();
  expect(groups.map(({ groupId }) => groupId).sort()).toEqual(['g', 'small']);
});

test('what a new leader has loaded is told when it is committed, not before', async () => {
  const cluster = await clusterOf(2, 1, { replicaLagTimeMaxMs: 60_000 });
  const coordinator = coordinatorOn(cluster, cluster.broker(1), 100);
  createTopics(cluster, [1, 2]);
  await eventually(() => commit(coordinator, 1), 'NONE');
  cluster.cut(2, 1);
  const late = commit(coordinator, 2);
  await new Promise((resolve) => setTimeout(resolve, 20));
  cluster.controller.elect(offsetsId, 0, { leader: 1 });
  expect(await late).toBe('NOT_COORDINATOR');
  await eventually(() => fetch(coordinator), 'COORDINATOR_NOT_AVAILABLE');
  cluster.heal(2, 1);
  await eventually(() => fetch(coordinator), 2);
});

test('a shard that cannot be read is tried again, and until then its groups are not listed', async () => {
  const cluster = await clusterOf(1);
  const first = coordinatorOn(cluster, cluster.broker(1));
  createTopics(cluster, [1]);
  await eventually(() => commit(first, 5), 'NONE');
  const again = await cluster.startBroker(1, await cluster.stopBroker(1));
  while (!again.replicas.isSettled) await new Promise((resolve) => void setImmediate(resolve));
  again.world.disk.readFault = 'EMFILE';
  const coordinator = coordinatorOn(cluster, again);
  cluster.controller.elect(offsetsId, 0, { leader: 1 });
  await eventually(() => fetch(coordinator), 'NOT_COORDINATOR');
  expect(await coordinator.list()).toEqual({ groups: [], error: ErrorCode.NONE });
  again.world.disk.readFault = undefined;
  await eventually(() => fetch(coordinator), 5);
});
