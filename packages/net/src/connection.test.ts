import { createServer, type Server, type Socket } from 'node:net';
import { silentLogger } from '@tidelog/core';
import { ApiVersions, DescribeCluster, ErrorCode, Heartbeat, Metadata, Produce } from '@tidelog/protocol';
import { afterEach, expect, test } from 'vitest';
import { Connection, type ConnectionOptions } from './connection.ts';
import { Connections } from './connections.ts';
import { bind, handler } from './handler.ts';
import type { KafkaListener } from './kafka-listener.ts';
import { NetworkError } from './network-error.ts';
import { Bench, framed, sleep, startListener, until, world } from './testing/wire.ts';

const toClose: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of toClose.splice(0)) await one.close();
});

async function start(options?: Parameters<typeof startListener>[0]) {
  const started = await startListener(options);
  toClose.push({ close: () => started.listener.stop({ graceMs: 0 }) });
  return started;
}

function connectionTo(port: number, options: Partial<ConnectionOptions> = {}): Connection {
  const connection = new Connection({
    world,
    host: '127.0.0.1',
    port,
    clientId: 'test',
    logger: silentLogger,
    requestTimeoutMs: 2000,
    reconnectBackoffMs: 20,
    ...options,
  });
  toClose.push(connection);
  return connection;
}

/** A peer that does as the test says, for peers that Tidelog would not be. */
async function strangePeer(onConnection: (socket: Socket, count: number) => void): Promise<number> {
  let count = 0;
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    onConnection(socket, ++count);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  toClose.push({
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

const beat = (groupId: string) => ({ groupId, generationId: 0, memberId: 'm' });

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'answered';
  } catch (error) {
    return error instanceof NetworkError ? error.code : String(error);
  }
}

function portOf(listener: KafkaListener): number {
  return listener.port;
}

test('requests share one connection, are matched by correlation id and use the highest common version', async () => {
  const { bench, listener } = await start();
  const connection = connectionTo(portOf(listener));
  const [waiting, ...others] = await Promise.all([
    connection.send(Produce, { transactionalId: 'wait', acks: 1, timeoutMs: 1, topicData: [] }).then(
      (response) => response.throttleTimeMs,
      (error: unknown) => error,
    ),
    connection.send(Produce, { transactionalId: 'four', acks: 1, timeoutMs: 1, topicData: [] }),
    until(() => bench.started.length === 2).then(() => bench.finish('wait')),
  ]);
  expect(waiting).toBe(4);
  expect(others[0]).toMatchObject({ throttleTimeMs: 4 });
  const answer = await connection.send(Heartbeat, beat('now'));
  expect(answer.errorCode).toBe(3);
  await connection.send(Heartbeat, beat('look'));
  expect(bench.contexts.map(({ apiVersion }) => apiVersion)).toEqual([4, 4]);
  expect(bench.contexts[0]).toMatchObject({ clientId: 'test' });
  expect(listener.connectionCount).toBe(1);
  expect((await connection.versions()).get(Metadata.key)).toEqual({ min: 1, max: 1 });
});

test('a version that is asked for is used, one that nobody serves is refused before anything is sent', async () => {
  const { bench, listener } = await start();
  const connection = connectionTo(portOf(listener));
  await connection.send(Heartbeat, beat('x'), { version: 2 });
  expect(bench.contexts[0]?.apiVersion).toBe(2);
  expect(await codeOf(connection.send(Produce, produceRequest(1), { version: 12 }))).toBe('unsupportedVersion');
  expect(await codeOf(connection.send(DescribeCluster, { includeClusterAuthorizedOperations: false }))).toBe(
    'unsupportedVersion',
  );
  expect((await connection.send(Heartbeat, beat('x'))).errorCode).toBe(1);
});

test('a request that cannot be encoded is rejected and the connection goes on', async () => {
  const { listener } = await start();
  const connection = connectionTo(portOf(listener));
  await expect(connection.send(Heartbeat, beat('x'.repeat(70_000)))).rejects.toThrow();
  expect((await connection.send(Heartbeat, beat('x'))).errorCode).toBe(1);
});

test('a request that nobody answers is handed over, and answers behind it still match', async () => {
  const { bench, listener } = await start();
  const connection = connectionTo(portOf(listener));
  await connection.post(Produce, produceRequest(0));
  expect((await connection.send(Heartbeat, beat('xy'))).errorCode).toBe(2);
  expect(bench.started).toEqual(['silent', 'xy']);
});

test('a peer that cannot be reached is a connect error, and is tried again after a backoff', async () => {
  const { listener } = await start();
  const port = portOf(listener);
  await listener.stop();
  const connection = connectionTo(port, { reconnectBackoffMs: 40, reconnectBackoffMaxMs: 80 });
  expect(await codeOf(connection.send(Heartbeat, beat('x')))).toBe('connect');
  const before = performance.now();
  expect(await codeOf(connection.send(Heartbeat, beat('x')))).toBe('connect');
  expect(await codeOf(connection.send(Heartbeat, beat('x')))).toBe('connect');
  expect(performance.now() - before).toBeGreaterThan(90);
  await start({ port });
  expect((await connection.send(Heartbeat, beat('back'))).errorCode).toBe(4);
});

test('a request without an answer in time is a timeout; others in flight are closed, the next works', async () => {
  const { listener, bench } = await start();
  const connection = connectionTo(portOf(listener));
  const late = codeOf(connection.send(Heartbeat, beat('wait'), { timeoutMs: 60 }));
  const behind = codeOf(connection.send(Heartbeat, beat('behind')));
  expect(await late).toBe('timeout');
  expect(await behind).toBe('closed');
  expect((await connection.send(Heartbeat, beat('x'))).errorCode).toBe(1);
  expect(bench.started).toEqual(['wait', 'x']);
});

test('a request that timed out while it waited for the connection is never sent', async () => {
  const { listener, bench } = await start();
  const port = portOf(listener);
  await listener.stop();
  const connection = connectionTo(port, { reconnectBackoffMs: 150 });
  await codeOf(connection.send(Heartbeat, beat('x')));
  const waiting = codeOf(connection.send(Heartbeat, beat('early'), { timeoutMs: 20 }));
  const again = await start({ port });
  expect(await waiting).toBe('timeout');
  expect((await connection.send(Heartbeat, beat('later'))).errorCode).toBe(5);
  expect([...bench.started, ...again.bench.started]).toEqual(['later']);
});

test('a connection that breaks rejects what is in flight as closed; closing here does too, for good', async () => {
  const { listener } = await start();
  const connection = connectionTo(portOf(listener));
  const inFlight = codeOf(connection.send(Heartbeat, beat('wait')));
  await until(() => listener.connectionCount === 1);
  await sleep(20);
  await listener.stop({ graceMs: 0 });
  expect(await inFlight).toBe('closed');
  const waiting = codeOf(connection.send(Heartbeat, beat('x')));
  connection.close();
  expect(await waiting).toBe('closed');
  expect(await codeOf(connection.send(Heartbeat, beat('x')))).toBe('closed');
});

test('a peer that answers nonsense, too much or out of turn is a protocol error', async () => {
  const nonsense = [
    Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
    Buffer.from('7fffffff', 'hex'),
    framed(Buffer.from('00000063', 'hex')),
    framed(Buffer.from('000000000000ffffff', 'hex')),
    framed(Buffer.from('0000000000', 'hex')),
  ];
  const port = await strangePeer((socket, count) => {
    socket.once('data', () => socket.write(nonsense[count - 1] ?? Buffer.from('00000000', 'hex')));
  });
  for (const _ of nonsense) {
    const connection = connectionTo(port);
    const error = await connection.send(Heartbeat, beat('x')).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: 'NetworkError', code: 'protocol' });
  }
});

test('a peer that accepts and says nothing is given up in time', async () => {
  const port = await strangePeer(() => undefined);
  const connection = connectionTo(port, { connectTimeoutMs: 50 });
  const before = performance.now();
  expect(await codeOf(connection.send(Heartbeat, beat('x')))).toBe('connect');
  expect(performance.now() - before).toBeLessThan(5000);
});

test('a peer that knows only an older ApiVersions is asked again in its version', async () => {
  const asked: number[] = [];
  const port = await strangePeer((socket) => {
    socket.on('data', (request: Buffer) => {
      const version = request.readInt16BE(6);
      asked.push(version);
      const apiKeys = [{ apiKey: ApiVersions.key, minVersion: 0, maxVersion: 1 }];
      const errorCode = version > 1 ? ErrorCode.UNSUPPORTED_VERSION : ErrorCode.NONE;
      const body = ApiVersions.response.encode({ errorCode, apiKeys }, version > 1 ? 0 : version);
      socket.write(framed(Buffer.concat([request.subarray(8, 12), body.toBuffer()])));
    });
  });
  const connection = connectionTo(port);
  expect([...(await connection.versions())]).toEqual([[ApiVersions.key, { min: 0, max: 1 }]]);
  expect(asked).toEqual([ApiVersions.latestStable, 1]);
});

test('an idle connection is closed and opened again when it is needed', async () => {
  const { listener } = await start();
  const connection = connectionTo(portOf(listener), { maxIdleMs: 40 });
  await connection.send(Heartbeat, beat('x'));
  await until(() => listener.connectionCount === 0, 'idle closed');
  expect((await connection.send(Heartbeat, beat('x'))).errorCode).toBe(1);
});

test('the pool keeps a connection per peer, drops one, and closes all', async () => {
  const [one, two] = [await start(), await start()];
  const options = { world, clientId: 'pool', logger: silentLogger, reconnectBackoffMs: 10 };
  const connections = new Connections(options);
  toClose.push(connections);
  const endpoints = [one, two].map(({ listener }) => ({ host: '127.0.0.1', port: listener.port }));
  for (const endpoint of [...endpoints, ...endpoints]) await connections.send(endpoint, Heartbeat, beat('now'));
  expect([one, two].map(({ listener }) => listener.connectionCount)).toEqual([1, 1]);
  const [first] = endpoints;
  if (first !== undefined) connections.drop(first);
  await until(() => one.listener.connectionCount === 0);
  if (first !== undefined) await connections.send(first, Heartbeat, beat('now'));
  connections.close();
  await until(() => one.listener.connectionCount + two.listener.connectionCount === 0);
  if (first !== undefined) expect(await codeOf(connections.send(first, Heartbeat, beat('now')))).toBe('closed');
});

test('two handlers for one API, and versions that the API lacks, are refused at construction', async () => {
  const bench = new Bench();
  await expect(start({ handlers: [...bench.handlers(), ...bench.handlers()] })).rejects.toThrow('two handlers');
  const wide = bind(
    handler(Heartbeat, [0, 99], () => ({ errorCode: 0 })),
    {},
  );
  await expect(start({ handlers: [wide] })).rejects.toThrow('Heartbeat has versions 0 to 4, not 0 to 99');
});

function produceRequest(acks: number) {
  return { transactionalId: 'silent', acks, timeoutMs: 1, topicData: [] };
}

test('the loss of a connection that was ready is told, and its end by close is not', async () => {
  const { listener } = await start();
  let lost = 0;
  const connection = connectionTo(listener.port, { onLost: () => lost++ });
  await connection.versions();
  await listener.stop({ graceMs: 0 });
  await until(() => lost === 1);
  const other = await start();
  const closed = connectionTo(other.listener.port, { onLost: () => lost++ });
  await closed.versions();
  closed.close();
  await sleep(20);
  expect(lost).toBe(1);
});
