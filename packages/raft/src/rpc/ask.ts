/** Sends what the core asks of a peer and translates the answer; what can not be had or understood rejects. */
import { unreachable } from '@tidelog/core';
import {
  AddRaftVoter,
  ApiVersions,
  BeginQuorumEpoch,
  EndQuorumEpoch,
  Fetch,
  FetchSnapshot,
  RemoveRaftVoter,
  UpdateRaftVoter,
  Vote,
  type ResponseOf,
} from '@tidelog/protocol';
import type { ApiVersionsResponse, SentRequest, SentResponse } from '../core/messages.ts';
import type { Destination, Transport } from '../transport.ts';
import { errorOf } from './common.ts';
import { readSnapshotResponse, writeSnapshotRequest } from './fetch-snapshot.ts';
import { readFetchResponse, writeFetchRequest } from './fetch.ts';
import { readBeginResponse, readEndResponse, writeBeginRequest, writeEndRequest } from './quorum-epochs.ts';
import { readVoteResponse, writeVoteRequest } from './vote.ts';
import {
  readChangeResponse,
  readUpdateResponse,
  writeAddRequest,
  writeRemoveRequest,
  writeUpdateRequest,
} from './voters.ts';

export interface AskOptions {
  readonly transport: Transport;
  readonly clusterId: string;
  readonly timeoutMs: number;
}

export async function ask(
  { transport, clusterId, timeoutMs }: AskOptions,
  to: Destination,
  request: SentRequest,
): Promise<SentResponse> {
  const call = { to, timeoutMs };
  switch (request.kind) {
    case 'vote':
      return readVoteResponse(
        await transport.send({ ...call, api: Vote, request: writeVoteRequest(request, clusterId) }),
      );
    case 'beginQuorumEpoch':
      return readBeginResponse(
        await transport.send({ ...call, api: BeginQuorumEpoch, request: writeBeginRequest(request, clusterId) }),
      );
    case 'endQuorumEpoch':
      return readEndResponse(
        await transport.send({ ...call, api: EndQuorumEpoch, request: writeEndRequest(request, clusterId) }),
      );
    case 'fetch':
      return readFetchResponse(
        await transport.send({ ...call, api: Fetch, request: writeFetchRequest(request, clusterId) }),
      );
    case 'fetchSnapshot':
      return readSnapshotResponse(
        await transport.send({ ...call, api: FetchSnapshot, request: writeSnapshotRequest(request, clusterId) }),
      );
    case 'addVoter':
      return readChangeResponse(
        'addVoter',
        await transport.send({ ...call, api: AddRaftVoter, request: writeAddRequest(request, clusterId) }),
      );
    case 'removeVoter':
      return readChangeResponse(
        'removeVoter',
        await transport.send({ ...call, api: RemoveRaftVoter, request: writeRemoveRequest(request, clusterId) }),
      );
    case 'updateVoter':
      return readUpdateResponse(
        await transport.send({ ...call, api: UpdateRaftVoter, request: writeUpdateRequest(request, clusterId) }),
      );
    case 'apiVersions': {
      const software = { clientSoftwareName: 'tidelog', clientSoftwareVersion: '0.1.0' };
      return readApiVersions(await transport.send({ ...call, api: ApiVersions, request: software }));
    }
    default:
      return unreachable(request);
  }
}

function readApiVersions({ errorCode, supportedFeatures }: ResponseOf<typeof ApiVersions>): ApiVersionsResponse {
  const feature = supportedFeatures.find(({ name }) => name === 'kraft.version');
  const kraftVersions = { min: feature?.minVersion ?? 0, max: feature?.maxVersion ?? 0 };
  return { kind: 'apiVersions', error: errorOf(errorCode), kraftVersions };
}
