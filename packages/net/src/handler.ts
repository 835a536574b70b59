/**
 * One API, the versions served and the function that serves it. A handler names the narrow dependencies it needs and is
 * bound to them in the one explicit list that a node gives its Dispatcher; ApiVersions is computed from that list.
 *
 * A handler answers with a response, a promise of one, or `noResponse` (Produce with acks=0). An error that the
 * protocol can express is a response too; whatever is thrown closes the connection and is logged.
 */
import type { Api, RequestOf, ResponseInputOf } from '@tidelog/protocol';
import type { RequestContext } from './request-context.ts';

/** The request is served and nothing goes back. */
export const noResponse: unique symbol = Symbol('noResponse');
export type NoResponse = typeof noResponse;

export type Reply<A extends Api> = ResponseInputOf<A> | NoResponse;

export type Handle<Deps, A extends Api> = (
  deps: Deps,
  request: RequestOf<A>,
  context: RequestContext,
) => Reply<A> | Promise<Reply<A>>;

export type VersionRange = readonly [min: number, max: number];

export interface HandlerOptions {
  /**
   * Requests of this API start although earlier pipelined ones of the same connection still wait for their completion;
   * the responses stay in order. What must happen in request order happens before the handler's first await.
   */
  readonly pipelined?: boolean;
}

export interface Handler<Deps, A extends Api = Api> {
  readonly api: A;
  readonly versions: VersionRange;
  readonly pipelined: boolean;
  readonly handle: Handle<Deps, A>;
}

export function handler<Deps, A extends Api>(
  api: A,
  versions: VersionRange,
  handle: Handle<Deps, A>,
  options: HandlerOptions = {},
): Handler<Deps, A> {
  return { api, versions, pipelined: options.pipelined ?? false, handle };
}

/** A handler with its dependencies in hand: what a Dispatcher's list consists of. */
export interface BoundHandler {
  readonly api: Api;
  readonly versions: VersionRange;
  readonly pipelined: boolean;
  readonly handle: (request: never, context: RequestContext) => unknown;
}

export function bind<Deps, A extends Api>(served: Handler<Deps, A>, deps: Deps): BoundHandler {
  const { api, versions, pipelined, handle } = served;
  return { api, versions, pipelined, handle: (request: RequestOf<A>, context) => handle(deps, request, context) };
}
