/**
 * OffsetForLeaderEpoch v2-4: where a leader epoch ends in the leader's log, so that a reader finds out whether its
 * records are still there (KIP-101, KIP-320).
 */
import { handler, type RequestContext } from '@tidelog/net';
import { ErrorCode, OffsetForLeaderEpoch, type EncodeOf, type RequestOf } from '@tidelog/protocol';
import { clusterResource, type Authorizer } from '../authorizer.ts';
import type { Replicas } from '../replication/replicas.ts';

export interface OffsetForLeaderEpochDeps {
  readonly replicas: Replicas;
  readonly authorizer: Authorizer;
}

type Request = RequestOf<typeof OffsetForLeaderEpoch>;
type Response = EncodeOf<(typeof OffsetForLeaderEpoch)['response']>;
type Asked = Request['topics'][number]['partitions'][number];
type Answer = Response['topics'][number]['partitions'][number];

export const offsetForLeaderEpoch = handler(OffsetForLeaderEpoch, [2, 4], handleOffsetForLeaderEpoch);

/** A consumer is -1; -2 is one that debugs and may ask followers too. */
const debugConsumer = -2;

function handleOffsetForLeaderEpoch(
  { replicas, authorizer }: OffsetForLeaderEpochDeps,
  request: Request,
  context: RequestContext,
): Response {
  const isReplica = request.replicaId >= 0 && authorizer.authorize(context, 'CLUSTER_ACTION', clusterResource);
  const leaderOnly = request.replicaId !== debugConsumer || context.apiVersion < 3;
  const topics = request.topics.map(({ topic, partitions }) => {
    const isAllowed = isReplica || authorizer.authorize(context, 'DESCRIBE', { type: 'TOPIC', name: topic });
    return {
      topic,
      partitions: partitions.map((asked) =>
        isAllowed ? answer(replicas, topic, asked, leaderOnly) : failed(asked, ErrorCode.TOPIC_AUTHORIZATION_FAILED),
      ),
    };
  });
  return { topics };
}

function answer(replicas: Replicas, topic: string, asked: Asked, leaderOnly: boolean): Answer {
  const replica = replicas.get(topic, asked.partition);
  if (replica === undefined) return failed(asked, replicas.errorOf(topic, asked.partition));
  const error = replica.checkEpoch(asked.currentLeaderEpoch, { leaderOnly });
  if (error !== ErrorCode.NONE || replica.log === undefined)
    return failed(asked, error || ErrorCode.KAFKA_STORAGE_ERROR);
  const { epoch, endOffset } = replica.log.endOffsetForEpoch(asked.leaderEpoch);
  return { errorCode: ErrorCode.NONE, partition: asked.partition, leaderEpoch: epoch, endOffset };
}

function failed({ partition }: Asked, errorCode: ErrorCode): Answer {
  return { errorCode, partition, leaderEpoch: -1, endOffset: -1 };
}
