/**
 * The quorum's RPCs as the core sees them: one partition, no wire versions. The shell checks the cluster id and the
 * topic before a request comes here, and translates both ways (../rpc).
 */
import type { ErrorCode } from '@tidelog/protocol';
import type { OffsetAndEpoch } from './epoch-cache.ts';
import type { LogBatch } from './log-batch.ts';
import type { Endpoint, PeerAddress, ReplicaKey } from './replica-key.ts';
import type { VersionRange } from './voter-set.ts';

/** What every answer says about who leads; ids and epochs are -1 where unknown. */
export interface LeaderInfo {
  readonly error: ErrorCode;
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly leader: PeerAddress | undefined;
}

export interface VoteRequest {
  readonly kind: 'vote';
  readonly epoch: number;
  readonly candidate: ReplicaKey;
  /** Whom the candidate believes to be asking; absent before v1. */
  readonly voter: ReplicaKey | undefined;
  readonly lastEpoch: number;
  readonly lastOffset: number;
  readonly preVote: boolean;
}

export interface VoteResponse extends LeaderInfo {
  readonly kind: 'vote';
  readonly granted: boolean;
}

export interface BeginQuorumEpochRequest {
  readonly kind: 'beginQuorumEpoch';
  readonly voter: ReplicaKey | undefined;
  readonly leaderId: number;
  readonly epoch: number;
  readonly endpoints: readonly Endpoint[];
}

export interface BeginQuorumEpochResponse extends LeaderInfo {
  readonly kind: 'beginQuorumEpoch';
}

export interface EndQuorumEpochRequest {
  readonly kind: 'endQuorumEpoch';
  readonly leaderId: number;
  readonly epoch: number;
  /** The best successor first. */
  readonly preferredCandidates: readonly ReplicaKey[];
  readonly endpoints: readonly Endpoint[];
}

export interface EndQuorumEpochResponse extends LeaderInfo {
  readonly kind: 'endQuorumEpoch';
}

export interface FetchRequest {
  readonly kind: 'fetch';
  /** A negative id reads without being tracked. */
  readonly replica: ReplicaKey;
  readonly currentLeaderEpoch: number;
  readonly fetchOffset: number;
  readonly lastFetchedEpoch: number;
  readonly maxBytes: number;
  readonly maxWaitMs: number;
  /** What the replica knows to be committed; Infinity when it does not say (before v18). */
  readonly highWatermark: number;
}

export interface FetchResponse extends LeaderInfo {
  readonly kind: 'fetch';
  readonly highWatermark: number;
  readonly logStartOffset: number;
  readonly diverging: OffsetAndEpoch | undefined;
  readonly snapshotId: OffsetAndEpoch | undefined;
  readonly batches: readonly LogBatch[];
}

export interface FetchSnapshotRequest {
  readonly kind: 'fetchSnapshot';
  readonly replica: ReplicaKey;
  readonly currentLeaderEpoch: number;
  readonly id: OffsetAndEpoch;
  readonly position: number;
  readonly maxBytes: number;
}

export interface FetchSnapshotResponse extends LeaderInfo {
  readonly kind: 'fetchSnapshot';
  readonly id: OffsetAndEpoch;
  readonly size: number;
  readonly position: number;
  readonly bytes: Buffer;
}

export interface AddVoterRequest {
  readonly kind: 'addVoter';
  readonly voter: ReplicaKey;
  readonly endpoints: readonly Endpoint[];
  readonly timeoutMs: number;
  readonly ackWhenCommitted: boolean;
}

export interface RemoveVoterRequest {
  readonly kind: 'removeVoter';
  readonly voter: ReplicaKey;
}

export interface UpdateVoterRequest {
  readonly kind: 'updateVoter';
  readonly currentLeaderEpoch: number;
  readonly voter: ReplicaKey;
  readonly endpoints: readonly Endpoint[];
  readonly kraftVersions: VersionRange;
}

export interface VoterChangeResponse extends LeaderInfo {
  readonly kind: 'addVoter' | 'removeVoter' | 'updateVoter';
  readonly detail: string | undefined;
}

export interface DescribeQuorumRequest {
  readonly kind: 'describeQuorum';
}

export interface DescribedReplica extends ReplicaKey {
  readonly logEndOffset: number;
  /** Milliseconds ago; Infinity for never. */
  readonly lastFetchAgeMs: number;
  readonly lastCaughtUpAgeMs: number;
}

export interface DescribeQuorumResponse extends LeaderInfo {
  readonly kind: 'describeQuorum';
  readonly highWatermark: number;
  readonly voters: readonly DescribedReplica[];
  readonly observers: readonly DescribedReplica[];
  readonly nodes: readonly { readonly id: number; readonly endpoints: readonly Endpoint[] }[];
}

/** Asks a node that wants to be a voter which levels of kraft.version it speaks. */
export interface ApiVersionsRequest {
  readonly kind: 'apiVersions';
}

export interface ApiVersionsResponse {
  readonly kind: 'apiVersions';
  readonly error: ErrorCode;
  readonly kraftVersions: VersionRange;
}

/** What a node answers. */
export type ServedRequest =
  | VoteRequest
  | BeginQuorumEpochRequest
  | EndQuorumEpochRequest
  | FetchRequest
  | FetchSnapshotRequest
  | AddVoterRequest
  | RemoveVoterRequest
  | UpdateVoterRequest
  | DescribeQuorumRequest;

/** What a node asks. */
export type SentRequest = Exclude<ServedRequest, DescribeQuorumRequest> | ApiVersionsRequest;

export type SentResponse =
  | VoteResponse
  | BeginQuorumEpochResponse
  | EndQuorumEpochResponse
  | FetchResponse
  | FetchSnapshotResponse
  | VoterChangeResponse
  | ApiVersionsResponse;

/**
 * What the core has the shell answer. Bytes are named, not carried: the shell reads them when it sends.
 *  - fetchRecords: complete the Fetch with what the log holds from the offset on (readable when this was decided)
 *  - snapshotBytes: complete the FetchSnapshot with the bytes at a position of a snapshot
 */
export type Answer =
  | VoteResponse
  | BeginQuorumEpochResponse
  | EndQuorumEpochResponse
  | VoterChangeResponse
  | DescribeQuorumResponse
  | (Omit<FetchResponse, 'batches'> & { readonly read: ReadRange | undefined })
  | (Omit<FetchSnapshotResponse, 'size' | 'bytes'> & { readonly maxBytes: number });

export interface ReadRange {
  readonly offset: number;
  readonly upTo: number;
  readonly maxBytes: number;
}
