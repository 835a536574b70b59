/**
 * ElectLeaders (KIP-183, KIP-460): moves leaderships to the preferred replicas, or elects where only one that lost data
 * can lead. Asked for all partitions, it answers only for those where there was something to do.
 */
import type { MetadataRecord, TopicImage, PartitionImage } from '@tidelog/metadata';
import { type ElectLeaders, ErrorCode, type RequestOf } from '@tidelog/protocol';
import { refusal, type Decision, type DecisionContext, type Refusal } from '../decision.ts';
import { noLeader, type Election } from '../partition-change.ts';
import { planChange, topicsOf } from '../partition-changes.ts';

export interface ElectLeadersResult {
  readonly throttleTimeMs: number;
  readonly errorCode: ErrorCode;
  readonly replicaElectionResults: { readonly topic: string; readonly partitionResult: PartitionResult[] }[];
}

interface PartitionResult {
  readonly partitionId: number;
  readonly errorCode: ErrorCode;
  readonly errorMessage: string | null;
}

type RequestedElection = Exclude<Election, 'online'>;

const electionTypes: readonly RequestedElection[] = ['preferred', 'unclean'];

export function decideElectLeaders(
  context: DecisionContext,
  request: RequestOf<typeof ElectLeaders>,
): Decision<ElectLeadersResult> {
  const election = electionTypes[request.electionType];
  if (election === undefined) {
    const response = { throttleTimeMs: 0, errorCode: ErrorCode.INVALID_REQUEST, replicaElectionResults: [] };
    return { records: [], response };
  }
  const records: MetadataRecord[] = [];
  const results = new Map<string, PartitionResult[]>();
  const isForAll = request.topicPartitions === null;
  for (const { topic, partitionId } of isForAll ? candidates(context, election) : named(request)) {
    const outcome = electLeader(context, { topic, partitionId, election });
    if (isForAll && 'errorCode' in outcome && outcome.errorCode === ErrorCode.ELECTION_NOT_NEEDED) continue;
    const of = results.get(topic) ?? [];
    results.set(topic, of);
    if ('errorCode' in outcome) of.push({ partitionId, ...outcome });
    else {
      records.push(...outcome);
      of.push({ partitionId, errorCode: ErrorCode.NONE, errorMessage: null });
    }
  }
  const replicaElectionResults = [...results].map(([topic, partitionResult]) => ({ topic, partitionResult }));
  return {
    records,
    response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, replicaElectionResults },
    divisible: true,
  };
}

interface NamedPartition {
  readonly topic: string;
  readonly partitionId: number;
}

/** Each partition once, however often it is named. */
function* named({ topicPartitions }: RequestOf<typeof ElectLeaders>): Generator<NamedPartition> {
  const seen = new Set<string>();
  for (const { topic, partitions } of topicPartitions ?? []) {
    for (const partitionId of partitions) {
      const key = `${topic}:${partitionId}`;
      if (seen.has(key)) continue;
      seen.add(key);
      yield { topic, partitionId };
    }
  }
}

function* candidates(context: DecisionContext, election: RequestedElection): Generator<NamedPartition> {
  const { imbalanced, leaderless } = context.index;
  for (const topic of topicsOf(context, (election === 'preferred' ? imbalanced : leaderless).topics())) {
    for (const partitionId of topic.partitions.keys()) yield { topic: topic.name, partitionId };
  }
}

interface Wanted extends NamedPartition {
  readonly election: RequestedElection;
}

function electLeader(
  context: DecisionContext,
  { topic: name, partitionId, election }: Wanted,
): MetadataRecord[] | Refusal {
  const topic = context.image.topics.get(name);
  if (topic === undefined) return refusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `No such topic as ${name}`);
  const partition = topic.partitions.get(partitionId);
  if (partition === undefined) {
    return refusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `No such partition as ${name}-${partitionId}`);
  }
  return isNeeded(partition, election)
    ? elected(context, { topic, partitionId, partition, election })
    : refusal(ErrorCode.ELECTION_NOT_NEEDED, `Leader election not needed for ${name}-${partitionId}`);
}

function isNeeded({ leader, replicas }: PartitionImage, election: RequestedElection): boolean {
  return election === 'preferred' ? leader !== replicas[0] : leader === noLeader;
}

interface Candidate {
  readonly topic: TopicImage;
  readonly partitionId: number;
  readonly partition: PartitionImage;
  readonly election: RequestedElection;
}

function elected(context: DecisionContext, candidate: Candidate): MetadataRecord[] | Refusal {
  const change = planChange(context, candidate);
  const isElected =
    candidate.election === 'preferred'
      ? change?.leader === candidate.partition.replicas[0]
      : change?.leader !== undefined && change.leader !== noLeader;
  if (change !== undefined && isElected) return [change];
  return candidate.election === 'preferred'
    ? refusal(ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE, 'The preferred leader is not in sync, or not available.')
    : refusal(ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE, 'No replica of the partition is available.');
}
