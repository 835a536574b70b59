/**
 * The RPCs that a node answers, one function each, as the server's dispatch calls them. The same `fetch` serves voters
 * and observers.
 */
import type {
  AddRaftVoter,
  BeginQuorumEpoch,
  DescribeQuorum,
  EndQuorumEpoch,
  Fetch,
  FetchSnapshot,
  RemoveRaftVoter,
  RequestOf,
  ResponseOf,
  UpdateRaftVoter,
  Vote,
} from '@tidelog/protocol';

export interface RaftRequestContext {
  readonly apiVersion: number;
}

export type RaftHandler<A> = (request: RequestOf<A>, context: RaftRequestContext) => Promise<ResponseOf<A>>;

export interface RaftHandlers {
  readonly vote: RaftHandler<typeof Vote>;
  readonly beginQuorumEpoch: RaftHandler<typeof BeginQuorumEpoch>;
  readonly endQuorumEpoch: RaftHandler<typeof EndQuorumEpoch>;
  readonly fetch: RaftHandler<typeof Fetch>;
  readonly fetchSnapshot: RaftHandler<typeof FetchSnapshot>;
  readonly addRaftVoter: RaftHandler<typeof AddRaftVoter>;
  readonly removeRaftVoter: RaftHandler<typeof RemoveRaftVoter>;
  readonly updateRaftVoter: RaftHandler<typeof UpdateRaftVoter>;
  readonly describeQuorum: RaftHandler<typeof DescribeQuorum>;
}
