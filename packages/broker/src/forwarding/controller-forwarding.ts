/**
 * Hands a client's request on to the active controller inside an Envelope (KIP-590), so that the controller sees who
 * asked and from where, and hands the answer back. Retries while there is no controller, until the client's patience
 * (request.timeout.ms) ends.
 */
import { Chunks, type Logger, type Millis, type World } from '@tidelog/core';
import type { RequestContext } from '@tidelog/net';
import {
  DefaultPrincipalData,
  Envelope,
  ErrorCode,
  errorName,
  RequestHeader,
  ResponseHeader,
  type Api,
  type RequestOf,
  type ResponseOf,
} from '@tidelog/protocol';
import type { ControllerChannel } from '../channels.ts';

export interface ForwardingDeps {
  readonly world: World;
  readonly logger: Logger;
  readonly controller: ControllerChannel;
  /** request.timeout.ms */
  readonly timeoutMs: Millis;
}

const retryMs = 50;

export class ControllerForwarding {
  readonly #deps: ForwardingDeps;

  constructor(deps: ForwardingDeps) {
    this.#deps = deps;
  }

  /** The controller's response, or undefined when it refuses to take it or none could be had in time. */
  async forward<A extends Api>(
    api: A,
    request: RequestOf<A>,
    context: RequestContext,
  ): Promise<ResponseOf<A> | undefined> {
    const { world, logger, timeoutMs } = this.#deps;
    const deadline = world.clock.monotonic() + timeoutMs;
    const envelope = seal(api, request, context);
    for (;;) {
      const left = deadline - world.clock.monotonic();
      if (left <= 0 || context.closed) return undefined;
      const answer = await this.#ask(envelope, left);
      if (answer === 'refused') return undefined;
      if (answer !== undefined) return open(api, answer, context.apiVersion);
      logger.debug({ api: api.name }, 'no active controller answered a forwarded request: trying again');
      await new Promise<void>((resolve) => void world.timers.after(retryMs, resolve));
    }
  }

  async #ask(envelope: EnvelopeRequest, timeoutMs: Millis): Promise<Buffer | 'refused' | undefined> {
    try {
      const { errorCode, responseData } = await this.#deps.controller.send(Envelope, envelope, { timeoutMs });
      if (errorCode === ErrorCode.NONE && responseData !== null) return responseData;
      if (errorCode === ErrorCode.NOT_CONTROLLER) return undefined;
      this.#deps.logger.warn({ error: errorName(errorCode) }, 'the controller refused a forwarded request');
      return 'refused';
    } catch (error) {
      this.#deps.logger.debug({ err: error }, 'a forwarded request got no answer');
      return undefined;
    }
  }
}

interface EnvelopeRequest {
  readonly requestData: Buffer;
  readonly requestPrincipal: Buffer;
  readonly clientHostAddress: Buffer;
}

function seal<A extends Api>(api: A, request: RequestOf<A>, context: RequestContext): EnvelopeRequest {
  const { apiVersion, correlationId, clientId } = context;
  const header = RequestHeader.encode(
    { requestApiKey: api.key, requestApiVersion: apiVersion, correlationId, clientId },
    api.requestHeaderVersion(apiVersion),
  );
  const [type = 'User', ...name] = context.principal.split(':');
  const principal = DefaultPrincipalData.encode({ type, name: name.join(':'), tokenAuthenticated: false }, 0);
  const version = Buffer.alloc(2);
  return {
    requestData: Chunks.join([header, api.request.encode(request, apiVersion)]).toBuffer(),
    requestPrincipal: Buffer.concat([version, principal.toBuffer()]),
    clientHostAddress: addressBytes(context.remoteAddress),
  };
}

function open<A extends Api>(api: A, bytes: Buffer, version: number): ResponseOf<A> {
  const chunks = Chunks.of(bytes);
  const { end } = ResponseHeader.decodePrefix(chunks, api.responseHeaderVersion(version), 0);
  return api.response.decode(chunks, version, end) as ResponseOf<A>;
}

/** 4 or 16 bytes, as Java's InetAddress has them. */
function addressBytes(address: string): Buffer {
  const ipv4 = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  if (ipv4 !== null) return Buffer.from(ipv4.slice(1).map(Number));
  const bytes = Buffer.alloc(16);
  const [head = '', tail = ''] = address.split('%')[0]?.split('::') ?? [];
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => parseInt(group, 16)));
  groups(head).forEach((group, i) => bytes.writeUInt16BE(group & 0xffff, i * 2));
  groups(tail)
    .toReversed()
    .forEach((group, i) => bytes.writeUInt16BE(group & 0xffff, 14 - i * 2));
  return bytes;
}
