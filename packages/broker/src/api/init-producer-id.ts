/**
 * InitProducerId v0-5 for idempotent producers: a fresh producer id with epoch 0 (KIP-98, KIP-360). Requests with a
 * transactional id go to the transaction coordinator, where there is one.
 */
import type { Millis } from '@tidelog/core';
import { handler, type RequestContext } from '@tidelog/net';
import { ErrorCode, InitProducerId, type EncodeOf, type RequestOf } from '@tidelog/protocol';
import { clusterResource, type Authorizer } from '../authorizer.ts';
import type { ProducerIds } from '../producer-ids.ts';

type Request = RequestOf<typeof InitProducerId>;
type Response = EncodeOf<(typeof InitProducerId)['response']>;

export interface InitProducerIdDeps {
  readonly producerIds: ProducerIds;
  readonly authorizer: Authorizer;
  /** The transaction coordinator's part; NOT_COORDINATOR is answered without one. */
  readonly transactional?: (request: Request, context: RequestContext) => Response | Promise<Response>;
}

export const initProducerId = handler(InitProducerId, [0, 5], handleInitProducerId);

/** Long enough for a controller to fail over under a client's request.timeout.ms. */
const maxWaitMs: Millis = 5000;

async function handleInitProducerId(
  deps: InitProducerIdDeps,
  request: Request,
  context: RequestContext,
): Promise<Response> {
  const { producerIds, authorizer, transactional } = deps;
  if (request.transactionalId !== null) {
    return transactional === undefined ? failed(ErrorCode.NOT_COORDINATOR) : transactional(request, context);
  }
  const isAllowed =
    authorizer.authorize(context, 'IDEMPOTENT_WRITE', clusterResource) ||
    authorizer.authorizeAny(context, 'WRITE', 'TOPIC');
  if (!isAllowed) return failed(ErrorCode.CLUSTER_AUTHORIZATION_FAILED);
  // Both or neither (KIP-360); an idempotent producer that names its old id gets a fresh one all the same.
  if ((request.producerId === -1) !== (request.producerEpoch === -1)) return failed(ErrorCode.INVALID_REQUEST);
  const producerId = await producerIds.generate(maxWaitMs);
  if (producerId === undefined) return failed(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  return { errorCode: ErrorCode.NONE, producerId, producerEpoch: 0 };
}

function failed(errorCode: ErrorCode): Response {
  return { errorCode, producerId: -1, producerEpoch: -1 };
}
