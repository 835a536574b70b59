/** DescribeProducers v0: the producers whose state a partition leader keeps (KIP-664). */
import { handler, type RequestContext } from '@tidelog/net';
import { DescribeProducers, ErrorCode, errorName, type EncodeOf, type RequestOf } from '@tidelog/protocol';
import type { Authorizer } from '../authorizer.ts';
import type { Replicas } from '../replication/replicas.ts';

export interface DescribeProducersDeps {
  readonly replicas: Replicas;
  readonly authorizer: Authorizer;
}

type Request = RequestOf<typeof DescribeProducers>;
type Response = EncodeOf<(typeof DescribeProducers)['response']>;
type Answer = Response['topics'][number]['partitions'][number];

export const describeProducers = handler(DescribeProducers, [0, 0], handleDescribeProducers);

function handleDescribeProducers(
  { replicas, authorizer }: DescribeProducersDeps,
  request: Request,
  context: RequestContext,
): Response {
  const topics = request.topics.map(({ name, partitionIndexes }) => {
    const isAllowed = authorizer.authorize(context, 'READ', { type: 'TOPIC', name });
    return {
      name,
      partitions: partitionIndexes.map((index) =>
        isAllowed ? describe(replicas, name, index) : failed(index, ErrorCode.TOPIC_AUTHORIZATION_FAILED),
      ),
    };
  });
  return { topics };
}

function describe(replicas: Replicas, topic: string, partitionIndex: number): Answer {
  const replica = replicas.get(topic, partitionIndex);
  if (replica === undefined) return failed(partitionIndex, replicas.errorOf(topic, partitionIndex));
  const error = replica.checkEpoch(-1, { leaderOnly: true });
  if (error !== ErrorCode.NONE || replica.log === undefined) {
    return failed(partitionIndex, error || ErrorCode.KAFKA_STORAGE_ERROR);
  }
  return {
    partitionIndex,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    activeProducers: replica.log.activeProducers(),
  };
}

function failed(partitionIndex: number, errorCode: ErrorCode): Answer {
  return { partitionIndex, errorCode, errorMessage: errorName(errorCode), activeProducers: [] };
}
