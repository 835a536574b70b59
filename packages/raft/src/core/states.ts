/**
 * One type per state of a member. Common to all: the epoch, and the voted key where a vote was given in it. A state is
 * replaced only by the functions of transitions.ts, where the transitions are drawn.
 */
import type { FetchRequest } from './messages.ts';
import type { OffsetAndEpoch } from './epoch-cache.ts';
import type { PeerAddress, ReplicaKey, Endpoint } from './replica-key.ts';
import type { VersionRange } from './voter-set.ts';

/** Knows the epoch, but no leader that it could fetch from. */
export interface Unattached {
  readonly role: 'unattached';
  readonly epoch: number;
  /** The leader of the epoch where its id is known but not how to reach it; -1 otherwise. */
  readonly leaderId: number;
  voted: ReplicaKey | undefined;
  /** When to stand for election; Infinity for an observer. */
  electionDeadline: number;
}

export interface Follower {
  readonly role: 'follower';
  readonly epoch: number;
  readonly leader: PeerAddress;
  readonly leaderEndpoints: readonly Endpoint[];
  readonly voted: ReplicaKey | undefined;
  /** When the leader counts as lost. */
  fetchDeadline: number;
  /** From then on it refuses pre-votes: its leader lives. */
  hasFetched: boolean;
  /** Fetches that failed since the last one that worked, and since when. */
  failures: number;
  failingSince: number;
  /** The leader has said that it resigns, or can not be reached: pre-votes are granted and an election comes early. */
  leaderGone: boolean;
  /** What the leader said that is committed, of a log that ours is a beginning of; -1 before it has. */
  leaderHighWatermark: number;
  snapshot: SnapshotTransfer | undefined;
  /** When to tell the leader of own endpoints (UpdateRaftVoter) or to join (AddRaftVoter) next. */
  voterUpdateDeadline: number;
  hasUpdatedVoter: boolean;
}

export interface SnapshotTransfer {
  readonly id: OffsetAndEpoch;
  /** -1 until the partial file is open. */
  position: number;
  /** All bytes are there; the shell is verifying. */
  installing: boolean;
}

/** Asks whether it would be voted for, in the epoch that it is in (KIP-996). */
export interface Prospective {
  readonly role: 'prospective';
  readonly epoch: number;
  /** The leader it followed and may go back to. */
  readonly leader: Follower | undefined;
  voted: ReplicaKey | undefined;
  readonly votes: Votes;
  electionDeadline: number;
}

/** Has voted for itself in an epoch of its own making. */
export interface Candidate {
  readonly role: 'candidate';
  readonly epoch: number;
  readonly votes: Votes;
  electionDeadline: number;
}

export interface Votes {
  readonly granted: Map<number, ReplicaKey>;
  readonly refused: Set<number>;
}

export interface Leader {
  readonly role: 'leader';
  readonly epoch: number;
  /** Offset of the LeaderChange record: nothing counts as committed in this epoch until a majority is beyond it. */
  readonly epochStartOffset: number;
  /** Voters and observers, by replicaName. */
  readonly replicas: Map<string, ReplicaProgress>;
  /** Voters that have answered BeginQuorumEpoch or have fetched. */
  readonly acknowledged: Set<number>;
  beginQuorumDeadline: number;
  /** Voters that fetched since the deadline was set anew. */
  readonly fetchedVoters: Set<number>;
  checkQuorumDeadline: number;
  readonly parked: ParkedFetch[];
  voterChange: VoterChange | undefined;
  /** What voters told of themselves while kraft.version is 0: in memory only. */
  readonly voterUpdates: Map<number, VoterUpdate>;
}

export interface VoterUpdate extends ReplicaKey {
  readonly endpoints: readonly Endpoint[];
  readonly kraftVersions: VersionRange;
}

export interface ReplicaProgress {
  readonly key: ReplicaKey;
  /** Everything below is on the replica's stable storage; -1 while unknown. */
  endOffset: number;
  lastFetchAt: number;
  lastCaughtUpAt: number;
  /** Where the leader's log ended at the last fetch. */
  leaderEndAtLastFetch: number;
}

export interface ParkedFetch {
  readonly token: number;
  readonly request: FetchRequest;
  readonly deadline: number;
}

/** An AddRaftVoter or RemoveRaftVoter that is under way; there is one at a time. */
export interface VoterChange {
  readonly kind: 'addVoter' | 'removeVoter';
  readonly token: number;
  readonly voter: ReplicaKey;
  readonly endpoints: readonly Endpoint[];
  readonly ackWhenCommitted: boolean;
  readonly deadline: number;
  /** What the new voter speaks; undefined until it has answered. */
  kraftVersions: VersionRange | undefined;
  /** Offset of the VotersRecord; -1 before it is appended. */
  offset: number;
}

/** Was the leader of this epoch and will not be again: waits for somebody else to be elected. */
export interface Resigned {
  readonly role: 'resigned';
  readonly epoch: number;
  readonly preferredCandidates: readonly ReplicaKey[];
  /** Voters that have not acknowledged EndQuorumEpoch. */
  readonly unacknowledged: Set<number>;
  electionDeadline: number;
}

export type RoleState = Unattached | Follower | Prospective | Candidate | Leader | Resigned;
export type RoleName = RoleState['role'];
