/**
 * What becomes of one partition when its replicas, its ISR or the brokers behind them change: who leads, who is in
 * sync, who stays eligible (KIP-966), and whether a reassignment is complete. Pure: from the partition as it is and a
 * target to the record that takes it there, or to nothing.
 *
 *   target ─▶ complete the reassignment? ─▶ eligible replicas ─▶ elect ─▶ record
 *
 * The leader epoch rises when the leader changes or a replica leaves; the partition epoch with every record.
 */
import type { Uuid } from '@tidelog/core';
import { DirectoryId, LeaderRecoveryState, type PartitionChangeRecord, type PartitionImage } from '@tidelog/metadata';
import { sameList, sameMembers, without } from './lists.ts';

/**
 * `online`: the leader stays if it can. `preferred`: the first replica leads if it can. `unclean`: when nobody who has
 * all the data lives, one who has not will do.
 */
export type Election = 'online' | 'preferred' | 'unclean';

export const noLeader = -1;

export interface PartitionTarget {
  readonly isr?: readonly number[];
  readonly replicas?: readonly number[];
  readonly addingReplicas?: readonly number[];
  readonly removingReplicas?: readonly number[];
  readonly leaderRecoveryState?: LeaderRecoveryState;
  /** Directories that replicas were found in, by broker. */
  readonly directories?: ReadonlyMap<number, Uuid>;
}

export interface PartitionChangeOptions {
  readonly topicId: Uuid;
  readonly partitionId: number;
  readonly partition: PartitionImage;
  readonly target: PartitionTarget;
  readonly election: Election;
  /** Whether a broker is up and has the replica's directory. */
  readonly isAcceptableLeader: (brokerId: number) => boolean;
  readonly minInSyncReplicas: number;
  readonly elrEnabled: boolean;
  /** Came back after an unclean stop, and may have lost what they had acknowledged: never eligible. */
  readonly uncleanShutdown?: ReadonlySet<number>;
  /** The directory a new replica on this broker is known to go to, or the "unassigned" one. */
  readonly defaultDirectory: (brokerId: number) => Uuid;
}

/** The partition as it is going to be. */
interface Work {
  isr: readonly number[];
  elr: readonly number[];
  replicas: readonly number[];
  adding: readonly number[];
  removing: readonly number[];
  recovery: LeaderRecoveryState;
  leader: number;
}

type Change = { -readonly [K in keyof PartitionChangeRecord]: PartitionChangeRecord[K] };

/** The record that takes the partition to the target; undefined when nothing changes. */
export function planPartitionChange(options: PartitionChangeOptions): PartitionChangeRecord | undefined {
  const { partition, target } = options;
  const work: Work = {
    isr: target.isr ?? partition.isr,
    elr: partition.elr,
    replicas: target.replicas ?? partition.replicas,
    adding: target.addingReplicas ?? partition.addingReplicas,
    removing: target.removingReplicas ?? partition.removingReplicas,
    recovery: target.leaderRecoveryState ?? partition.leaderRecoveryState,
    leader: partition.leader,
  };
  completeReassignment(work);
  settleEligible(work, options);
  elect(work, options);
  // Without ELR the last member stays in the ISR although it is gone: only it may lead again.
  if (work.isr.length === 0 && !options.elrEnabled) work.isr = partition.isr;
  return recordOf(work, options);
}

/** Ends a reassignment whose new replicas are in sync (KIP-455). */
function completeReassignment(work: Work): void {
  if (work.adding.length === 0 && work.removing.length === 0) return;
  const replicas = without(work.replicas, work.removing);
  const isr = without(work.isr, work.removing);
  if (replicas.length === 0 || isr.length === 0) return;
  if (!work.adding.every((id) => isr.includes(id))) return;
  const before = work.replicas.length - work.adding.length;
  if (replicas.length < before && !replicas.every((id) => isr.includes(id))) return;
  work.replicas = replicas;
  work.isr = isr;
  work.adding = [];
  work.removing = [];
}

/** Who left the ISR while it was too small to commit anything stays eligible, unless it may have lost data. */
function settleEligible(work: Work, options: PartitionChangeOptions): void {
  const { partition, uncleanShutdown, elrEnabled } = options;
  if (!elrEnabled || isEnough(work, options)) {
    work.elr = [];
    return;
  }
  const candidates = new Set([...partition.elr, ...partition.isr]);
  work.elr = [...candidates].filter(
    (id) => !work.isr.includes(id) && work.replicas.includes(id) && uncleanShutdown?.has(id) !== true,
  );
}

function isEnough(work: Work, options: PartitionChangeOptions): boolean {
  return work.isr.length > 0 && work.isr.length >= Math.min(options.minInSyncReplicas, work.replicas.length);
}

function elect(work: Work, options: PartitionChangeOptions): void {
  const elected = electLeader(work, options);
  if (elected.unclean) {
    work.isr = [elected.leader];
    work.elr = [];
    work.recovery = LeaderRecoveryState.RECOVERING;
  } else if (elected.leader !== noLeader && !work.isr.includes(elected.leader)) {
    // From the eligible ones. What it commits alone, the others do not have.
    work.isr = [elected.leader];
    work.elr = isEnough(work, options) ? [] : without(work.elr, work.isr);
  }
  work.leader = elected.leader;
}

interface Elected {
  readonly leader: number;
  readonly unclean: boolean;
}

function electLeader(work: Work, options: PartitionChangeOptions): Elected {
  const { partition, election, isAcceptableLeader, elrEnabled } = options;
  const isValid = (id: number): boolean =>
    (work.isr.includes(id) || (elrEnabled && work.isr.length === 0 && work.elr.includes(id))) && isAcceptableLeader(id);
  const [preferred] = work.replicas;
  if (election === 'preferred' && preferred !== undefined && isValid(preferred)) return clean(preferred);
  if (partition.leader !== noLeader && isValid(partition.leader)) return clean(partition.leader);
  const online = work.replicas.find(isValid);
  if (online !== undefined) return clean(online);
  const lastKnown = lastKnownLeader(work, options);
  if (lastKnown !== undefined) return { leader: lastKnown, unclean: true };
  const anyone = election === 'unclean' ? work.replicas.find(isAcceptableLeader) : undefined;
  return anyone === undefined ? clean(noLeader) : { leader: anyone, unclean: true };
}

function clean(leader: number): Elected {
  return { leader, unclean: false };
}

/** Nobody is left who surely has all the data, but the one who led last is back: the best that can be had. */
function lastKnownLeader(work: Work, options: PartitionChangeOptions): number | undefined {
  const { partition, elrEnabled, isAcceptableLeader } = options;
  if (!elrEnabled || work.isr.length > 0 || work.elr.length > 0 || partition.lastKnownElr.length !== 1)
    return undefined;
  const [last] = partition.lastKnownElr;
  return last !== undefined && work.replicas.includes(last) && isAcceptableLeader(last) ? last : undefined;
}

function recordOf(work: Work, options: PartitionChangeOptions): PartitionChangeRecord | undefined {
  const { partition, topicId, partitionId } = options;
  const change: Change = { type: 'partitionChange', topicId, partitionId };
  if (!sameMembers(work.isr, partition.isr)) change.isr = work.isr;
  if (work.leader !== partition.leader) change.leader = work.leader;
  // A replica that left must not go on fetching in an epoch that it knows.
  else if (!partition.replicas.every((id) => work.replicas.includes(id))) change.leader = work.leader;
  if (!sameMembers(work.elr, partition.elr)) change.eligibleLeaderReplicas = work.elr;
  noteLastKnownLeader(change, work, options);
  noteAssignment(change, work, options);
  if (work.recovery !== partition.leaderRecoveryState) change.leaderRecoveryState = work.recovery;
  return Object.keys(change).length > 3 ? change : undefined;
}

function noteLastKnownLeader(change: Change, work: Work, options: PartitionChangeOptions): void {
  const { partition, elrEnabled } = options;
  const { lastKnownElr } = partition;
  if (elrEnabled && work.isr.length === 0 && partition.leader !== noLeader) {
    if (lastKnownElr.length !== 1 || lastKnownElr[0] !== partition.leader) change.lastKnownElr = [partition.leader];
  } else if (lastKnownElr.length > 0 && (work.leader !== noLeader || !elrEnabled)) {
    change.lastKnownElr = [];
  }
}

function noteAssignment(change: Change, work: Work, options: PartitionChangeOptions): void {
  const { partition, target } = options;
  const isMoved = !sameList(work.replicas, partition.replicas);
  if (isMoved) change.replicas = work.replicas;
  if (isMoved || target.directories !== undefined) {
    const directories = work.replicas.map((id) => directoryOf(id, options));
    if (isMoved || !sameList(directories, partition.directories)) change.directories = directories;
  }
  if (!sameList(work.adding, partition.addingReplicas)) change.addingReplicas = work.adding;
  if (!sameList(work.removing, partition.removingReplicas)) change.removingReplicas = work.removing;
}

/** Where it was found, else where it was, else where a new one will go. */
function directoryOf(brokerId: number, { partition, target, defaultDirectory }: PartitionChangeOptions): Uuid {
  const found = target.directories?.get(brokerId);
  if (found !== undefined) return found;
  const at = partition.replicas.indexOf(brokerId);
  return at < 0 ? defaultDirectory(brokerId) : (partition.directories[at] ?? DirectoryId.UNASSIGNED);
}
