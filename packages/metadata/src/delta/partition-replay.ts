/**
 * What partition records make of a partition. Every change bumps the partition epoch; naming a leader, even the one
 * that leads already, bumps the leader epoch too.
 */
import { zeroUuid, type Uuid } from '@tidelog/core';
import type { BrokerImage } from '../image/cluster-image.ts';
import type { PartitionImage } from '../image/topics-image.ts';
import type { PartitionChangeRecord, PartitionRecord } from '../metadata-record.ts';

/** Directory ids with a meaning of their own (KIP-858). */
export const DirectoryId = {
  /** Not known yet: the broker is to choose one. */
  UNASSIGNED: zeroUuid,
  /** On a directory that is offline. */
  LOST: 'AAAAAAAAAAAAAAAAAAAAAQ',
  /** From before directories were assigned. */
  MIGRATING: 'AAAAAAAAAAAAAAAAAAAAAg',
} as const;

/** Whether a replica in this directory can be served by a broker that registered these. */
export function isOnlineDirectory(id: Uuid, registered: readonly Uuid[]): boolean {
  if (id === DirectoryId.UNASSIGNED || id === DirectoryId.MIGRATING) return true;
  return id !== DirectoryId.LOST && registered.includes(id);
}

/** Whether the broker has the directory that its replica of the partition is in. */
export function hasDirectory({ replicas, directories }: PartitionImage, broker: DirectoriesOfBroker): boolean {
  const directory = directories[replicas.indexOf(broker.id)] ?? DirectoryId.UNASSIGNED;
  return isOnlineDirectory(directory, broker.logDirs);
}

type DirectoriesOfBroker = Pick<BrokerImage, 'id' | 'logDirs'>;

export function partitionOf(record: PartitionRecord): PartitionImage {
  return {
    replicas: record.replicas,
    directories: directoriesFor(record.replicas, record.directories),
    isr: record.isr,
    elr: record.eligibleLeaderReplicas,
    lastKnownElr: record.lastKnownElr,
    addingReplicas: record.addingReplicas,
    removingReplicas: record.removingReplicas,
    leader: record.leader,
    leaderEpoch: record.leaderEpoch,
    partitionEpoch: record.partitionEpoch,
    leaderRecoveryState: record.leaderRecoveryState,
  };
}

export function changedPartition(before: PartitionImage, record: PartitionChangeRecord): PartitionImage {
  const replicas = record.replicas ?? before.replicas;
  return {
    replicas,
    directories:
      record.directories === undefined
        ? carriedDirectories(before, replicas)
        : directoriesFor(replicas, record.directories),
    isr: record.isr ?? before.isr,
    elr: record.eligibleLeaderReplicas ?? before.elr,
    lastKnownElr: record.lastKnownElr ?? before.lastKnownElr,
    addingReplicas: record.addingReplicas ?? before.addingReplicas,
    removingReplicas: record.removingReplicas ?? before.removingReplicas,
    leader: record.leader ?? before.leader,
    leaderEpoch: record.leader === undefined ? before.leaderEpoch : before.leaderEpoch + 1,
    partitionEpoch: before.partitionEpoch + 1,
    leaderRecoveryState: record.leaderRecoveryState ?? before.leaderRecoveryState,
  };
}

/** The partition without eligible leader replicas; itself when it has none. */
export function withoutElr(before: PartitionImage): PartitionImage {
  if (before.elr.length === 0 && before.lastKnownElr.length === 0) return before;
  return { ...before, elr: [], lastKnownElr: [], partitionEpoch: before.partitionEpoch + 1 };
}

export function samePartition(a: PartitionImage, b: PartitionImage): boolean {
  return (
    a === b ||
    (a.leader === b.leader &&
      a.leaderEpoch === b.leaderEpoch &&
      a.partitionEpoch === b.partitionEpoch &&
      a.leaderRecoveryState === b.leaderRecoveryState &&
      sameList(a.replicas, b.replicas) &&
      sameList(a.directories, b.directories) &&
      sameList(a.isr, b.isr) &&
      sameList(a.elr, b.elr) &&
      sameList(a.lastKnownElr, b.lastKnownElr) &&
      sameList(a.addingReplicas, b.addingReplicas) &&
      sameList(a.removingReplicas, b.removingReplicas))
  );
}

function sameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

/** One directory per replica: what is missing is unassigned. */
function directoriesFor(replicas: readonly number[], directories: readonly Uuid[]): readonly Uuid[] {
  if (directories.length === replicas.length) return directories;
  return replicas.map((_, index) => directories[index] ?? DirectoryId.UNASSIGNED);
}

/** Replicas that stay keep their directory, new ones have none yet. */
function carriedDirectories(before: PartitionImage, replicas: readonly number[]): readonly Uuid[] {
  if (replicas === before.replicas) return before.directories;
  return replicas.map((id) => before.directories[before.replicas.indexOf(id)] ?? DirectoryId.UNASSIGNED);
}
