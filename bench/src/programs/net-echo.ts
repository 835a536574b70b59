/**
 * What the network's rooms cost per request: pipelined small requests through listener, frame, dispatch, handler and
 * pipeline against a bare node:net server that answers with as many bytes, in turns, in a process of its own. The
 * figure that counts is CPU microseconds per request in the server; requests per second depend on who else uses the
 * machine.
 *
 *   node --conditions=source bench/src/programs/net-echo.ts [rounds]
 */
import { fork, type ChildProcess } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { createNodeWorld, noMetrics, silentLogger } from '@tidelog/core';
import { bind, Dispatcher, handler, KafkaListener } from '@tidelog/net';
import { Heartbeat, RequestHeader } from '@tidelog/protocol';
import Table from 'cli-table3';

type Kind = 'tidelog' | 'tidelog async' | 'bare';

const requestsPerRound = 200_000;
const answer = { errorCode: 0 };
/** Length, correlation id, an empty list of tagged fields, body. */
const responseBytes = 4 + 4 + 1 + Heartbeat.response.encode(answer, 4).byteLength;

function requestBytes(): Buffer {
  const header = { requestApiKey: Heartbeat.key, requestApiVersion: 4, correlationId: 1, clientId: 'bench' };
  const request = { groupId: 'group', generationId: 1, memberId: 'member' };
  const pieces = [
    ...RequestHeader.encode(header, Heartbeat.requestHeaderVersion(4)).pieces,
    ...Heartbeat.request.encode(request, 4).pieces,
  ];
  const body = Buffer.concat(pieces);
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

async function serve(kind: Kind): Promise<number> {
  if (kind === 'bare') return serveBare();
  const world = createNodeWorld();
  const heartbeat =
    kind === 'tidelog'
      ? handler(Heartbeat, [0, 4], () => answer)
      : handler(Heartbeat, [0, 4], () => Promise.resolve(answer), { pipelined: true });
  const shared = { world, logger: silentLogger, metrics: noMetrics };
  const dispatcher = new Dispatcher({ ...shared, handlers: [bind(heartbeat, {})], listenerKind: 'broker' });
  const listener = new KafkaListener({ ...shared, name: 'BENCH', host: '127.0.0.1', port: 0, dispatcher });
  await listener.start();
  return listener.port;
}

/** Knows the size of a request and answers each with that many bytes: the floor that Node's sockets set. */
function serveBare(): Promise<number> {
  const size = requestBytes().length;
  const answers = Buffer.alloc(responseBytes * 100_000, 1);
  const server = createServer({ noDelay: true }, (socket) => {
    let received = 0;
    socket.on('data', (chunk) => {
      received += chunk.length;
      const requests = Math.floor(received / size);
      received -= requests * size;
      socket.write(answers.subarray(0, requests * responseBytes));
    });
    socket.on('error', () => undefined);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : 0);
    });
  });
}

interface Figures {
  readonly requestsPerSecond: number;
  readonly cpuMicrosPerRequest: number;
}

/** Keeps `window` requests in flight on each of the connections until all are answered. */
async function drive(port: number, connections: number, window: number): Promise<number> {
  const request = requestBytes();
  const each = Math.ceil(requestsPerRound / connections);
  const started = performance.now();
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      const batch = Buffer.concat(Array.from({ length: window }, () => request));
      let sent = 0;
      let bytes = 0;
      const send = (): void => {
        const answered = Math.floor(bytes / responseBytes);
        const count = Math.min(window - (sent - answered), each - sent);
        if (count === 0) return;
        sent += count;
        socket.write(batch.subarray(0, count * request.length));
      };
      socket.on('connect', send).on('error', reject);
      socket.on('data', (chunk) => {
        bytes += chunk.length;
        if (bytes === each * responseBytes) socket.end(resolve);
        else send();
      });
    });
  await Promise.all(Array.from({ length: connections }, one));
  return performance.now() - started;
}

async function ask<T>(child: ChildProcess, question: string): Promise<T> {
  const answer = new Promise<T>((resolve) => child.once('message', (message) => resolve(message as T)));
  child.send(question);
  return answer;
}

async function measure(kind: Kind, connections: number, window: number): Promise<Figures> {
  const child = fork(new URL(import.meta.url), ['serve', kind], { execArgv: process.execArgv });
  const port = await ask<number>(child, 'port');
  await drive(port, connections, window);
  const before = await ask<number>(child, 'cpu');
  const elapsedMs = await drive(port, connections, window);
  const cpuMicros = (await ask<number>(child, 'cpu')) - before;
  child.kill();
  return {
    requestsPerSecond: (requestsPerRound / elapsedMs) * 1000,
    cpuMicrosPerRequest: cpuMicros / requestsPerRound,
  };
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

async function main(rounds: number): Promise<void> {
  const head = ['connections', 'in flight', 'server', 'requests/s', 'CPU us/request', 'over bare us'];
  const table = new Table({ head, colAligns: ['right', 'right', 'left', 'right', 'right', 'right'] });
  const kinds: Kind[] = ['bare', 'tidelog', 'tidelog async'];
  for (const [connections, window] of [
    [1, 100],
    [20, 50],
  ] as const) {
    const figures = new Map<Kind, Figures[]>(kinds.map((kind) => [kind, []]));
    for (let round = 0; round < rounds; round++) {
      for (const kind of kinds) figures.get(kind)?.push(await measure(kind, connections, window));
    }
    const bare = median((figures.get('bare') ?? []).map((one) => one.cpuMicrosPerRequest));
    for (const [kind, all] of figures) {
      const cpu = median(all.map((one) => one.cpuMicrosPerRequest));
      const rate = Math.round(median(all.map((one) => one.requestsPerSecond)));
      table.push([connections, window, kind, rate.toLocaleString('en'), cpu.toFixed(2), (cpu - bare).toFixed(2)]);
    }
  }
  process.stdout.write(`${table.toString()}\n`);
}

const [mode, kind] = process.argv.slice(2);
if (mode === 'serve') {
  const port = await serve(kind as Kind);
  process.on('message', (question) => {
    const { user, system } = process.cpuUsage();
    process.send?.(question === 'port' ? port : user + system);
  });
} else {
  await main(Number(mode ?? 3));
}
