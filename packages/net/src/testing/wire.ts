/**
 * For tests: a real listener with a few small handlers, and a raw client that sends bytes and collects frames. The
 * handlers use real APIs with simple shapes: Heartbeat answers at once or when told, Produce is pipelined.
 */
import { createNodeWorld, noMetrics, type LogFields, type Logger, type Metrics, type Socket } from '@tidelog/core';
import {
  ApiVersions,
  Heartbeat,
  Metadata,
  Produce,
  RequestHeader,
  type Api,
  type RequestInputOf,
} from '@tidelog/protocol';
import { Dispatcher, type DispatcherOptions } from '../dispatcher.ts';
import { FrameReader } from '../frame.ts';
import { bind, handler, noResponse, type BoundHandler } from '../handler.ts';
import { KafkaListener, type KafkaListenerOptions } from '../kafka-listener.ts';
import type { RequestContext } from '../request-context.ts';

export const world = createNodeWorld();

export interface LogLine extends LogFields {
  readonly level: string;
  readonly message: string;
}

export class CollectedLog implements Logger {
  readonly lines: LogLine[] = [];
  readonly debug = this.#collect('debug');
  readonly info = this.#collect('info');
  readonly warn = this.#collect('warn');
  readonly error = this.#collect('error');

  /** Warnings and errors. */
  get complaints(): string[] {
    return this.lines.filter(({ level }) => level === 'warn' || level === 'error').map(({ message }) => message);
  }

  #collect(level: string): (fields: LogFields, message: string) => void {
    return (fields, message) => this.lines.push({ ...fields, level, message });
  }
}

/** Handlers whose calls a test sees and settles. */
export class Bench {
  /** Groups of the heartbeats and transactional ids of the produces that were started, in order. */
  readonly started: string[] = [];
  readonly contexts: RequestContext[] = [];
  metadataAnswers = 0;
  readonly #settle = new Map<string, () => void>();

  /** Lets the call of that name go on. */
  finish(name: string): void {
    this.#settle.get(name)?.();
  }

  handlers(): BoundHandler[] {
    return [bind(heartbeat, this), bind(produce, this), bind(metadata, this)];
  }

  /** Names that begin with `wait` wait for finish(), `boom` throws, `reject` rejects, `slow` throttles. */
  async serve(name: string, context: RequestContext): Promise<void> {
    if (name.startsWith('wait')) await new Promise<void>((resolve) => this.#settle.set(name, resolve));
    if (name.startsWith('reject')) throw new Error('handler rejected');
    if (name.startsWith('slow')) context.throttle(500);
  }
}

const heartbeat = handler(Heartbeat, [0, 4], (bench: Bench, request, context) => {
  const name = request.groupId;
  bench.started.push(name);
  bench.contexts.push(context);
  if (name.startsWith('boom')) throw new Error('handler broke');
  if (name.startsWith('bad')) return { errorCode: 1_000_000 };
  if (name.startsWith('now')) return { errorCode: name.length };
  return bench.serve(name, context).then(() => ({ errorCode: name.length }));
});

const produce = handler(
  Produce,
  [3, 9],
  (bench: Bench, request, context) => {
    const name = request.transactionalId ?? '';
    bench.started.push(name);
    if (request.acks === 0) return noResponse;
    return bench.serve(name, context).then(() => ({ responses: [], throttleTimeMs: name.length }));
  },
  { pipelined: true },
);

/** Answers with as many bytes as the name of its only topic asks for. */
const metadata = handler(Metadata, [1, 1], (bench: Bench, request) => {
  bench.metadataAnswers++;
  const size = Number(request.topics?.[0]?.name ?? 0);
  const brokers = Array.from({ length: Math.ceil(size / 30_000) }, (_, nodeId) => ({
    nodeId,
    host: 'h'.repeat(30_000),
    port: 1,
    rack: null,
  }));
  return { brokers, controllerId: 0, topics: [] };
});

export interface Running {
  readonly bench: Bench;
  readonly log: CollectedLog;
  readonly listener: KafkaListener;
  readonly connect: () => RawClient;
}

export async function startListener(
  options: Partial<KafkaListenerOptions> & Partial<Pick<DispatcherOptions, 'features' | 'advertise' | 'handlers'>> = {},
): Promise<Running> {
  const bench = new Bench();
  const log = new CollectedLog();
  const metrics: Metrics = options.metrics ?? noMetrics;
  const { features, advertise, handlers = bench.handlers(), ...listenerOptions } = options;
  const dispatcher = new Dispatcher({
    world,
    handlers,
    listenerKind: 'broker',
    logger: log,
    metrics,
    ...(features === undefined ? {} : { features }),
    ...(advertise === undefined ? {} : { advertise }),
  });
  const listener = new KafkaListener({
    world,
    name: 'PLAINTEXT',
    host: '127.0.0.1',
    port: 0,
    dispatcher,
    logger: log,
    metrics,
    ...listenerOptions,
  });
  await listener.start();
  return { bench, log, listener, connect: () => new RawClient(listener.port) };
}

/** A client that sends what it is told, right or wrong. */
export class RawClient {
  readonly socket: Socket;
  readonly frames: Buffer[] = [];
  closed = false;
  ended = false;
  bytes = 0;
  readonly #reader = new FrameReader({ minBytes: 4, maxBytes: 1 << 30 });

  constructor(port: number) {
    this.socket = world.network.connect({ host: '127.0.0.1', port });
    this.socket.handle({
      onData: (chunk) => this.#onData(chunk),
      onEnd: () => {
        this.ended = true;
        this.socket.end();
      },
      onClose: () => (this.closed = true),
    });
  }

  send(...pieces: Buffer[]): void {
    this.socket.write(pieces);
  }

  heartbeat(name: string, correlationId = 0, version = 0): void {
    const request = { groupId: name, generationId: 0, memberId: 'm' };
    this.send(requestFrame(Heartbeat, version, request, correlationId));
  }

  produce(name: string, correlationId = 0, acks = -1): void {
    const request = { transactionalId: name, acks, timeoutMs: 1000, topicData: [] };
    this.send(requestFrame(Produce, 9, request, correlationId));
  }

  apiVersions(version: number, correlationId = 0): void {
    const request = { clientSoftwareName: 'test', clientSoftwareVersion: '1.0' };
    this.send(requestFrame(ApiVersions, version, request, correlationId));
  }

  metadata(size: number, correlationId = 0): void {
    this.send(requestFrame(Metadata, 1, { topics: [{ name: String(size) }] }, correlationId));
  }

  /** Correlation ids of the responses so far. */
  get answered(): number[] {
    return this.frames.map((frame) => frame.readInt32BE(0));
  }

  #onData(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.#reader.push(chunk);
    for (let frame = this.#reader.next(); frame !== undefined; frame = this.#reader.next()) {
      this.frames.push(frame.toBuffer());
    }
  }
}

/** A request as it goes over the wire, with its length in front. */
export function requestFrame<A extends Api>(
  api: A,
  version: number,
  request: RequestInputOf<A>,
  correlationId = 0,
): Buffer {
  const header = { requestApiKey: api.key, requestApiVersion: version, correlationId, clientId: 'raw' };
  const body = [
    ...RequestHeader.encode(header, api.requestHeaderVersion(version)).pieces,
    ...api.request.encode(request, version).pieces,
  ];
  return framed(Buffer.concat(body));
}

export function framed(body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => world.timers.after(ms, resolve));

/** Waits until the condition holds; fails after twenty seconds, which a busy machine may need for what takes one. */
export async function until(condition: () => boolean, what = 'the condition'): Promise<void> {
  const deadline = world.clock.monotonic() + 20_000;
  for (let i = 0; world.clock.monotonic() < deadline; i++) {
    if (condition()) return;
    await sleep(i < 20 ? 1 : 5);
  }
  throw new Error(`${what} did not come to hold in time`);
}
