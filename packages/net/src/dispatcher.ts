/**
 * From a frame to the handler that serves it: reads the header under its caps (8 KiB, 64 tagged fields, which the
 * header's message enforces), looks the API and version up in the one explicit list of handlers, and makes the Call.
 * What is not in the list closes the connection, as in Kafka; only ApiVersions of an unknown version gets an answer.
 *
 * A dispatcher has no state of a connection; several listeners may share one.
 */
import { assert, type Chunks, type Logger, type Metrics, type Millis, type World } from '@tidelog/core';
import { ApiVersions, ProtocolError, RequestHeader, type Api } from '@tidelog/protocol';
import { unsupportedApiVersions, withApiVersions, type AdvertisedFeatures } from './api-versions.ts';
import { Call, type CallHeader, type CallOwner, type Served } from './call.ts';
import type { BoundHandler, VersionRange } from './handler.ts';
import { ApiMeter, NetworkMetrics } from './network-metrics.ts';

/** ApiVersions may come from anybody, so its frames are kept small. */
const apiVersionsMaxBytes = 65_536;
const correlationIdAt = 4;

export interface DispatcherOptions {
  readonly world: World;
  readonly handlers: readonly BoundHandler[];
  readonly listenerKind: 'broker' | 'controller';
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Default: none. */
  readonly features?: () => AdvertisedFeatures;
  /** Narrows what is advertised (forwarded APIs meet the controller's range); undefined leaves the API out. */
  readonly advertise?: (api: Api, versions: VersionRange) => VersionRange | undefined;
}

export type RefusalReason = 'header' | 'api' | 'version' | 'size' | 'unanswerable';

/** A request that cannot be served or answered: the connection closes, with a warning. Handlers may throw it too. */
export class RefusedRequestError extends Error {
  override readonly name = 'RefusedRequestError';
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

export class Dispatcher {
  readonly listenerKind: 'broker' | 'controller';
  readonly handlers: readonly BoundHandler[];
  readonly #byKey: (Served | undefined)[] = [];
  readonly #unsupportedApiVersions: Served;

  constructor({ world, handlers, listenerKind, metrics, features, advertise }: DispatcherOptions) {
    this.listenerKind = listenerKind;
    this.handlers = withApiVersions({
      handlers,
      features: features ?? (() => ({ supported: [], finalized: [], finalizedEpoch: -1 })),
      advertise: advertise ?? ((_api, versions) => versions),
    });
    const networkMetrics = NetworkMetrics.of(metrics);
    const serve = (handler: BoundHandler): Served => ({
      handler,
      meter: new ApiMeter(networkMetrics, handler.api.name),
      clock: world.clock,
    });
    for (const handler of this.handlers) {
      checkRange(handler);
      const { api } = handler;
      assert(this.#byKey[api.key] === undefined, () => `two handlers for ${api.name}`);
      this.#byKey[api.key] = serve(handler);
    }
    this.#unsupportedApiVersions = serve(refusingApiVersions);
  }

  /** The call that a frame asks for, not yet started. Throws RefusedRequestError. */
  open(frame: Chunks, owner: CallOwner, receivedAt: Millis): Call {
    const start = frame.contiguous(0, correlationIdAt);
    const apiKey = start.readInt16BE(0);
    const apiVersion = start.readInt16BE(2);
    const served = this.#byKey[apiKey];
    if (served === undefined) throw new RefusedRequestError('api', this.#unknown(apiKey, apiVersion));
    const { api, versions } = served.handler;
    if (apiKey === ApiVersions.key && frame.byteLength > apiVersionsMaxBytes) {
      throw new RefusedRequestError('size', `an ApiVersions request of ${frame.byteLength} bytes`);
    }
    if (apiVersion < versions[0] || apiVersion > versions[1]) {
      if (apiKey === ApiVersions.key) return this.#openUnsupportedApiVersions(frame, owner, receivedAt);
      const range = `${versions[0]} to ${versions[1]}`;
      throw new RefusedRequestError('version', `${api.name} v${apiVersion} is not served, only ${range}`);
    }
    const header = readHeader(frame, api.requestHeaderVersion(apiVersion), apiVersion);
    return new Call(served, header, frame, owner, receivedAt);
  }

  /** Nothing behind the correlation id can be relied on, so nothing behind it is read. */
  #openUnsupportedApiVersions(frame: Chunks, owner: CallOwner, receivedAt: Millis): Call {
    const correlationId = frame.contiguous(correlationIdAt, 4).readInt32BE(0);
    const header = { apiVersion: 0, correlationId, clientId: null, bodyAt: frame.byteLength };
    return new Call(this.#unsupportedApiVersions, header, frame, owner, receivedAt);
  }

  #unknown(apiKey: number, apiVersion: number): string {
    return `API key ${apiKey} (v${apiVersion}) is not served on a ${this.listenerKind} listener`;
  }
}

/** An ApiVersions v0 request has no fields, which is all that is said about the request that came. */
const refusingApiVersions: BoundHandler = {
  api: ApiVersions,
  versions: [0, 0],
  pipelined: false,
  handle: unsupportedApiVersions,
};

function readHeader(frame: Chunks, headerVersion: number, apiVersion: number): CallHeader {
  try {
    const { value, end } = RequestHeader.decodePrefix(frame, headerVersion);
    return { apiVersion, correlationId: value.correlationId, clientId: value.clientId, bodyAt: end };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new RefusedRequestError('header', `the request's header is malformed: ${error.detail}`, error);
  }
}

function checkRange({ api, versions: [min, max] }: BoundHandler): void {
  const within = min <= max && min >= api.versions.min && max <= api.versions.max;
  assert(within, () => `${api.name} has versions ${api.versions.min} to ${api.versions.max}, not ${min} to ${max}`);
}
