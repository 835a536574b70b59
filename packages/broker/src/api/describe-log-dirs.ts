/**
 * DescribeLogDirs v1-5: what each log directory of this broker holds, and whether it can be used (KIP-113, KIP-827).
 */
import { handler, type RequestContext } from '@tidelog/net';
import type { DirectoryStatus, LogStore } from '@tidelog/log';
import { DescribeLogDirs, ErrorCode, type EncodeOf, type RequestOf } from '@tidelog/protocol';
import { clusterResource, type Authorizer } from '../authorizer.ts';
import type { Replicas } from '../replication/replicas.ts';

export interface DescribeLogDirsDeps {
  readonly nodeId: number;
  readonly store: LogStore;
  readonly replicas: Replicas;
  readonly authorizer: Authorizer;
}

type Request = RequestOf<typeof DescribeLogDirs>;
type Response = EncodeOf<(typeof DescribeLogDirs)['response']>;
type Directory = Response['results'][number];
type Partition = Directory['topics'][number]['partitions'][number];

export const describeLogDirs = handler(DescribeLogDirs, [1, 5], handleDescribeLogDirs);

const topLevelErrorSince = 3;

function handleDescribeLogDirs(deps: DescribeLogDirsDeps, request: Request, context: RequestContext): Response {
  if (!deps.authorizer.authorize(context, 'DESCRIBE', clusterResource)) {
    const errorCode =
      context.apiVersion >= topLevelErrorSince ? ErrorCode.CLUSTER_AUTHORIZATION_FAILED : ErrorCode.NONE;
    return { errorCode, results: [] };
  }
  const isWanted = wanted(request);
  const byDirectory = new Map<string, Map<string, Partition[]>>();
  for (const log of deps.store.logs()) {
    if (!isWanted(log.topic, log.partition)) continue;
    const topics = byDirectory.get(log.directoryId) ?? new Map<string, Partition[]>();
    byDirectory.set(log.directoryId, topics);
    const partitions = topics.get(log.topic) ?? [];
    topics.set(log.topic, partitions);
    // A leader's log is complete; a follower lacks what lies between its end and the high watermark it heard of.
    const offsetLag = Math.max(0, log.highWatermark - log.logEndOffset);
    partitions.push({
      partitionIndex: log.partition,
      partitionSize: log.sizeInBytes,
      offsetLag,
      isFutureKey: false,
    });
  }
  const cordoned = deps.replicas.image.cluster.broker(deps.nodeId)?.cordonedLogDirs ?? [];
  const results = deps.store.directories().map((directory) => ({
    ...describe(directory, byDirectory.get(directory.directoryId)),
    isCordoned: cordoned.includes(directory.directoryId),
  }));
  return { errorCode: ErrorCode.NONE, results };
}

function describe(directory: DirectoryStatus, topics: ReadonlyMap<string, Partition[]> | undefined): Directory {
  const { path, offline, totalBytes, usableBytes } = directory;
  if (offline) return { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, logDir: path, topics: [] };
  return {
    errorCode: ErrorCode.NONE,
    logDir: path,
    topics: [...(topics ?? [])].map(([name, partitions]) => ({ name, partitions })),
    totalBytes,
    usableBytes,
  };
}

/** Null asks for everything. */
function wanted({ topics }: Request): (topic: string, partition: number) => boolean {
  if (topics === null) return () => true;
  const byTopic = new Map(topics.map(({ topic, partitions }) => [topic, new Set(partitions)]));
  return (topic, partition) => byTopic.get(topic)?.has(partition) === true;
}
