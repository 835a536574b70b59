/**
 * The RPCs that a node answers, one function each, as the server's dispatch calls them. The same `fetch` serves voters
 * and observers. Requests of another cluster, or about another partition, do not reach the core.
 */
import { Chunks } from '@tidelog/core';
import {
  ErrorCode,
  type AddRaftVoter,
  type Api,
  type BeginQuorumEpoch,
  type DescribeQuorum,
  type EndQuorumEpoch,
  type Fetch,
  type FetchSnapshot,
  type RemoveRaftVoter,
  type RequestOf,
  type ResponseInputOf,
  type UpdateRaftVoter,
  type Vote,
} from '@tidelog/protocol';
import type { Answer, ReadRange, ServedRequest } from './core/messages.ts';
import type { OffsetAndEpoch } from './core/epoch-cache.ts';
import { isDescribeRequestFor, writeDescribeResponse } from './rpc/describe-quorum.ts';
import { readSnapshotRequest, writeSnapshotResponse } from './rpc/fetch-snapshot.ts';
import { readFetchRequest, writeFetchResponse } from './rpc/fetch.ts';
import { readBeginRequest, readEndRequest, writeEpochResponse } from './rpc/quorum-epochs.ts';
import { readVoteRequest, writeVoteResponse } from './rpc/vote.ts';
import {
  readAddRequest,
  readRemoveRequest,
  readUpdateRequest,
  writeChangeResponse,
  writeUpdateResponse,
} from './rpc/voters.ts';

export interface RaftRequestContext {
  readonly apiVersion: number;
}

export type RaftHandler<A extends Api> = (
  request: RequestOf<A>,
  context: RaftRequestContext,
) => Promise<ResponseInputOf<A>>;

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

/** What the handlers need of their node. */
export interface RequestServer {
  readonly clusterId: string;
  wallNow(): number;
  /** Hands a request to the core; resolves with its answer. */
  serve<K extends ServedRequest['kind']>(request: Extract<ServedRequest, { kind: K }>): Promise<AnswerTo<K>>;
  /** Records that the answer names; undefined when the epoch is another one by now, or they can not be read. */
  readRecords(range: ReadRange, epoch: number): Promise<Chunks | undefined>;
  readSnapshot(range: { id: OffsetAndEpoch; position: number; maxBytes: number }): Promise<SnapshotBytes>;
}

export type AnswerTo<K extends ServedRequest['kind']> = Extract<Answer, { kind: K }>;

export interface SnapshotBytes {
  readonly error: ErrorCode;
  readonly size: number;
  readonly bytes: Buffer;
}

const noBytes: SnapshotBytes = { error: ErrorCode.NONE, size: 0, bytes: Buffer.alloc(0) };

export function createHandlers(server: RequestServer): RaftHandlers {
  const isForeign = (clusterId: string | null): boolean => clusterId !== null && clusterId !== server.clusterId;
  const refusal = (clusterId: string | null): ErrorCode =>
    isForeign(clusterId) ? ErrorCode.INCONSISTENT_CLUSTER_ID : ErrorCode.INVALID_REQUEST;
  const foreign = { errorCode: ErrorCode.INCONSISTENT_CLUSTER_ID, errorMessage: 'this is another cluster' };
  return {
    async vote(request) {
      const asked = isForeign(request.clusterId) ? undefined : readVoteRequest(request);
      if (asked === undefined) return { errorCode: refusal(request.clusterId), topics: [] };
      return writeVoteResponse(await server.serve(asked));
    },
    async beginQuorumEpoch(request) {
      const asked = isForeign(request.clusterId) ? undefined : readBeginRequest(request);
      if (asked === undefined) return { errorCode: refusal(request.clusterId), topics: [] };
      return writeEpochResponse(await server.serve(asked));
    },
    async endQuorumEpoch(request) {
      const asked = isForeign(request.clusterId) ? undefined : readEndRequest(request);
      if (asked === undefined) return { errorCode: refusal(request.clusterId), topics: [] };
      return writeEpochResponse(await server.serve(asked));
    },
    async fetch(request, { apiVersion }) {
      const asked = isForeign(request.clusterId) ? undefined : readFetchRequest(request, apiVersion);
      if (asked === undefined) return { errorCode: refusal(request.clusterId), responses: [] };
      return answerFetch(server, await server.serve(asked), apiVersion);
    },
    async fetchSnapshot(request) {
      const asked = isForeign(request.clusterId) ? undefined : readSnapshotRequest(request);
      if (asked === undefined) return { errorCode: refusal(request.clusterId), topics: [] };
      const answer = await server.serve(asked);
      const bytes = answer.error === ErrorCode.NONE ? await server.readSnapshot(answer) : noBytes;
      const error = answer.error === ErrorCode.NONE ? bytes.error : answer.error;
      return writeSnapshotResponse({ ...answer, error }, bytes);
    },
    async addRaftVoter(request) {
      if (isForeign(request.clusterId)) return foreign;
      return writeChangeResponse(await server.serve(readAddRequest(request)));
    },
    async removeRaftVoter(request) {
      if (isForeign(request.clusterId)) return foreign;
      return writeChangeResponse(await server.serve(readRemoveRequest(request)));
    },
    async updateRaftVoter(request) {
      if (isForeign(request.clusterId)) return foreign;
      return writeUpdateResponse(await server.serve(readUpdateRequest(request)));
    },
    async describeQuorum(request) {
      if (!isDescribeRequestFor(request)) {
        return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: null, topics: [] };
      }
      return writeDescribeResponse(await server.serve({ kind: 'describeQuorum' }), server.wallNow());
    },
  };
}

async function answerFetch(
  server: RequestServer,
  answer: AnswerTo<'fetch'>,
  apiVersion: number,
): Promise<ResponseInputOf<typeof Fetch>> {
  if (answer.read === undefined) return writeFetchResponse(answer, Chunks.empty, apiVersion);
  const records = await server.readRecords(answer.read, answer.leaderEpoch);
  if (records !== undefined) return writeFetchResponse(answer, records, apiVersion);
  return writeFetchResponse({ ...answer, error: ErrorCode.NOT_LEADER_OR_FOLLOWER }, Chunks.empty, apiVersion);
}
