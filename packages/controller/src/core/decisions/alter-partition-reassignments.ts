/**
 * AlterPartitionReassignments (KIP-455): begins to move partitions to other brokers, changes where one is going, or
 * takes a move back. A move goes over all old and new replicas together; it is complete when the new ones are in sync.
 *
 *   [1 2 3] to [1 2 4]:  replicas 1 2 4 3, adding 4, removing 3   ── 4 in sync ──▶   replicas 1 2 4
 */
import type { MetadataRecord, PartitionImage, TopicImage } from '@tidelog/metadata';
import { type AlterPartitionReassignments, ErrorCode, type RequestOf } from '@tidelog/protocol';
import { refusal, type Decision, type DecisionContext, type Refusal } from '../decision.ts';
import { without } from '../lists.ts';
import { judgeAssignment } from '../manual-assignment.ts';
import type { PartitionTarget } from '../partition-change.ts';
import { planChange } from '../partition-changes.ts';
import { uncleanElectionEnabled } from '../topic-settings.ts';

export type AlterPartitionReassignmentsRequest = RequestOf<typeof AlterPartitionReassignments>;
type ReassignablePartition = AlterPartitionReassignmentsRequest['topics'][number]['partitions'][number];

export interface AlterPartitionReassignmentsResult {
  readonly throttleTimeMs: number;
  readonly allowReplicationFactorChange: boolean;
  readonly errorCode: ErrorCode;
  readonly errorMessage: string | null;
  readonly responses: { readonly name: string; readonly partitions: PartitionResult[] }[];
}

interface PartitionResult {
  readonly partitionIndex: number;
  readonly errorCode: ErrorCode;
  readonly errorMessage: string | null;
}

interface Move {
  readonly topic: TopicImage;
  readonly partitionId: number;
  readonly partition: PartitionImage;
}

export function decideAlterPartitionReassignments(
  context: DecisionContext,
  request: AlterPartitionReassignmentsRequest,
): Decision<AlterPartitionReassignmentsResult> {
  const { allowReplicationFactorChange } = request;
  const records: MetadataRecord[] = [];
  const seen = new Set<string>();
  const responses = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((wish): PartitionResult => {
      const { partitionIndex } = wish;
      const key = `${name}:${partitionIndex}`;
      const outcome = seen.has(key)
        ? refusal(ErrorCode.INVALID_REQUEST, 'The partition was named more than once.')
        : reassign(context, { name, wish, allowReplicationFactorChange });
      seen.add(key);
      if ('errorCode' in outcome) return { partitionIndex, ...outcome };
      records.push(...outcome);
      return { partitionIndex, errorCode: ErrorCode.NONE, errorMessage: null };
    }),
  }));
  const response = { throttleTimeMs: 0, allowReplicationFactorChange, errorMessage: null, responses };
  return { records, response: { ...response, errorCode: ErrorCode.NONE } };
}

interface Reassignment {
  readonly name: string;
  readonly wish: ReassignablePartition;
  readonly allowReplicationFactorChange: boolean;
}

function reassign(context: DecisionContext, reassignment: Reassignment): readonly MetadataRecord[] | Refusal {
  const { name, wish } = reassignment;
  const topic = context.image.topics.get(name);
  if (topic === undefined) {
    return refusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `Unable to find a topic named ${name}.`);
  }
  const partitionId = wish.partitionIndex;
  const partition = topic.partitions.get(partitionId);
  if (partition === undefined) {
    return refusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `Unable to find partition ${name}:${partitionId}.`);
  }
  const move = { topic, partitionId, partition };
  const target =
    wish.replicas === null
      ? cancelled(context, move)
      : begun(context, move, { replicas: wish.replicas, mayResize: reassignment.allowReplicationFactorChange });
  if ('errorCode' in target) return target;
  const change = planChange(context, { ...move, target });
  return change === undefined ? [] : [change];
}

/** The replicas from before the move. Those that were being added leave the ISR too. */
function cancelled(context: DecisionContext, { topic, partitionId, partition }: Move): PartitionTarget | Refusal {
  const { addingReplicas, removingReplicas } = partition;
  if (addingReplicas.length === 0 && removingReplicas.length === 0) {
    return refusal(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS, 'No partition reassignment is in progress.');
  }
  const replicas = without(partition.replicas, addingReplicas);
  const isr = without(partition.isr, addingReplicas);
  // Only replicas that lack data would be left: someone must be there to lead, and be allowed to.
  const mayLoseData =
    uncleanElectionEnabled(context, topic.name) && replicas.some((id) => context.image.cluster.isActive(id));
  if (isr.length === 0 && partition.isr.length > 0 && !mayLoseData) {
    const detail =
      `Unable to revert partition assignment for ${topic.name}:${partitionId} because it would require an unclean ` +
      'leader election.';
    return refusal(ErrorCode.INVALID_REPLICA_ASSIGNMENT, detail);
  }
  return { replicas, isr, addingReplicas: [], removingReplicas: [] };
}

function begun(
  context: DecisionContext,
  { partition }: Move,
  { replicas, mayResize }: { readonly replicas: readonly number[]; readonly mayResize: boolean },
): PartitionTarget | Refusal {
  const verdict = judgeAssignment(context, replicas);
  if (verdict !== undefined) return verdict;
  const original = without(partition.replicas, partition.addingReplicas);
  if (!mayResize && replicas.length !== original.length) {
    const detail = `The replication factor is ${original.length}, and may not be changed to ${replicas.length}.`;
    return refusal(ErrorCode.INVALID_REPLICATION_FACTOR, detail);
  }
  const removingReplicas = without(partition.replicas, replicas);
  return {
    replicas: [...replicas, ...removingReplicas],
    addingReplicas: without(replicas, original),
    removingReplicas,
  };
}
