/** What all the quorum's messages have in common: one topic, one partition, and who leads. */
import { metadataTopicId } from '@tidelog/core';
import { ErrorCode } from '@tidelog/protocol';
import type { LeaderInfo } from '../core/messages.ts';
import type { Endpoint } from '../core/replica-key.ts';

export const metadataTopic = '__cluster_metadata';

/** The one partition of a request or a response; undefined when it is about something else, or about more. */
export function onlyPartition<T>(
  topics: readonly { readonly topicName: string; readonly partitions: readonly T[] }[],
): T | undefined {
  const topic = topics[0];
  if (topics.length !== 1 || topic?.topicName !== metadataTopic || topic.partitions.length !== 1) return undefined;
  return topic.partitions[0];
}

export function isMetadataTopic({ topic, topicId }: { topic: string; topicId: string }): boolean {
  return topic === metadataTopic || topicId === metadataTopicId;
}

export function nodeEndpoints({ leader }: LeaderInfo): { nodeId: number; host: string; port: number }[] {
  return leader === undefined || leader.nodeId < 0 ? [] : [{ ...leader }];
}

/** Reads back what nodeEndpoints wrote. An error of the whole response stands for the partition's. */
export function leaderInfoOf(
  response: {
    readonly errorCode: number;
    readonly nodeEndpoints: readonly { nodeId: number; host: string; port: number }[];
  },
  partition: { readonly errorCode: number; readonly leaderId: number; readonly leaderEpoch: number } | undefined,
): LeaderInfo {
  const topLevel = errorOf(response.errorCode);
  if (partition === undefined) {
    const error = topLevel === ErrorCode.NONE ? ErrorCode.INVALID_REQUEST : topLevel;
    return { error, leaderId: -1, leaderEpoch: -1, leader: undefined };
  }
  const { leaderId, leaderEpoch } = partition;
  const endpoint = response.nodeEndpoints.find(({ nodeId }) => nodeId === leaderId);
  const leader = endpoint && { nodeId: leaderId, host: endpoint.host, port: endpoint.port };
  return {
    error: topLevel === ErrorCode.NONE ? errorOf(partition.errorCode) : topLevel,
    leaderId,
    leaderEpoch,
    leader,
  };
}

const knownErrors: ReadonlySet<number> = new Set(Object.values(ErrorCode));

/** A code that a newer peer may know and this version does not counts as an unknown error. */
export function errorOf(code: number): ErrorCode {
  return isKnown(code) ? code : ErrorCode.UNKNOWN_SERVER_ERROR;
}

function isKnown(code: number): code is ErrorCode {
  return knownErrors.has(code);
}

export function listenersOf(endpoints: readonly Endpoint[]): { name: string; host: string; port: number }[] {
  return endpoints.map(({ name, host, port }) => ({ name, host, port }));
}
