/**
 * An API: its key, the versions it speaks, and its request and response. Header versions follow from whether the body
 * is flexible, with Kafka's one exception: an ApiVersions response always has header v0, because a client reads it
 * before it knows what the broker speaks (KIP-511).
 */
import type { Fields, InputOfFields, ValueOfFields } from './field.ts';
import { Message, requestMemoryPerByte } from './message.ts';

export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

export interface Api<Request = unknown, Response = unknown, RequestInput = unknown, ResponseInput = unknown> {
  readonly name: string;
  readonly key: number;
  readonly versions: VersionRange;
  /** The first flexible version, Infinity if there is none. */
  readonly flexibleSince: number;
  /** The newest version that is not experimental: what is advertised and spoken by default. */
  readonly latestStable: number;
  readonly request: Message<Request, RequestInput>;
  readonly response: Message<Response, ResponseInput>;
  requestHeaderVersion(version: number): number;
  responseHeaderVersion(version: number): number;
}

export interface ApiDeclaration<Req extends Fields, Res extends Fields> {
  readonly key: number;
  readonly versions: readonly [min: number, max: number];
  /** Left out: no version is flexible. */
  readonly flexibleSince?: number;
  /** Left out: the last version is stable. */
  readonly latestStable?: number;
  readonly request: Req;
  readonly response: Res;
}

/** What decoding a request of this API gives. */
export type RequestOf<A extends Api> = A extends Api<infer Request> ? Request : never;
/** What decoding a response of this API gives. */
export type ResponseOf<A extends Api> = A extends Api<infer _, infer Response> ? Response : never;
/** What encoding a request of this API takes. */
export type RequestInputOf<A extends Api> = A extends Api<infer _, infer __, infer Input> ? Input : never;
/** What encoding a response of this API takes. */
export type ResponseInputOf<A extends Api> = A extends Api<infer _, infer __, infer ___, infer Input> ? Input : never;

const apiVersionsKey = 18;

/** Declares an API. */
export function api<Req extends Fields, Res extends Fields>(
  name: string,
  declaration: ApiDeclaration<Req, Res>,
): Api<ValueOfFields<Req>, ValueOfFields<Res>, InputOfFields<Req>, InputOfFields<Res>> {
  const { key, versions, flexibleSince = Infinity } = declaration;
  const range = { min: versions[0], max: versions[1] };
  const common = { versions: range, flexibleSince };
  const request = { ...common, fields: declaration.request, strict: true, memoryPerByte: requestMemoryPerByte };
  return {
    name,
    key,
    versions: range,
    flexibleSince,
    latestStable: declaration.latestStable ?? range.max,
    request: new Message(`${name}Request`, request),
    response: new Message(`${name}Response`, { ...common, fields: declaration.response }),
    requestHeaderVersion: (version) => (version >= flexibleSince ? 2 : 1),
    responseHeaderVersion: (version) => (version >= flexibleSince && key !== apiVersionsKey ? 1 : 0),
  };
}
