import { connect } from 'node:net';
import { ApiVersions, ErrorCode, Heartbeat, Produce } from '@tidelog/protocol';
import { Chunks } from '@tidelog/core';
import { afterEach, expect, test } from 'vitest';
import type { KafkaListener } from './kafka-listener.ts';
import { requestFrame, sleep, startListener, until, type RawClient } from './testing/wire.ts';

const running: KafkaListener[] = [];
const start: typeof startListener = async (options) => {
  const started = await startListener(options);
  running.push(started.listener);
  return started;
};

afterEach(async () => {
  for (const listener of running.splice(0)) await listener.stop({ graceMs: 0 });
});

function heartbeatOf(client: RawClient, at: number): number | undefined {
  const frame = client.frames[at];
  return frame && Heartbeat.response.decode(Chunks.of(frame), 0, 4).errorCode;
}

function versionsOf(client: RawClient, at: number, version: number) {
  return ApiVersions.response.decode(Chunks.of(client.frames[at] ?? Buffer.alloc(0)), version, 4);
}

test('a request is answered with its correlation id, whatever chunks it comes in', async () => {
  const { connect } = await start();
  const client = connect();
  client.heartbeat('now', 7);
  await until(() => client.frames.length === 1);
  expect(client.answered).toEqual([7]);
  expect(heartbeatOf(client, 0)).toBe(3);
  for (const byte of requestFrame(Heartbeat, 0, { groupId: 'now!', generationId: 0, memberId: '' }, 8)) {
    client.send(Buffer.of(byte));
    await sleep(0);
  }
  await until(() => client.frames.length === 2);
  expect(heartbeatOf(client, 1)).toBe(4);
});

test('a request that is not pipelined waits for all before it and holds up all behind it', async () => {
  const { connect, bench } = await start();
  const client = connect();
  client.heartbeat('wait 1', 1);
  client.heartbeat('now 2', 2);
  client.produce('p3', 3);
  await until(() => bench.started.length > 0);
  await sleep(10);
  expect(bench.started).toEqual(['wait 1']);
  bench.finish('wait 1');
  await until(() => client.frames.length === 3);
  expect(client.answered).toEqual([1, 2, 3]);
});

test('pipelined requests start at once, their responses keep the order, others wait for them', async () => {
  const { connect, bench } = await start();
  const client = connect();
  client.produce('wait a', 1);
  client.produce('wait b', 2);
  client.produce('c', 3);
  client.heartbeat('now d', 4);
  client.produce('wait e', 5);
  await until(() => bench.started.length === 3);
  bench.finish('wait b');
  await sleep(10);
  expect(bench.started).toEqual(['wait a', 'wait b', 'c']);
  expect(client.frames.length).toBe(0);
  bench.finish('wait a');
  await until(() => client.frames.length === 4);
  expect(client.answered).toEqual([1, 2, 3, 4]);
  expect(bench.started.length).toBe(5);
  bench.finish('wait e');
  await until(() => client.frames.length === 5);
});

test('a request with nothing to answer keeps the order of the others', async () => {
  const { connect, bench } = await start();
  const client = connect();
  client.produce('wait 1', 1);
  client.produce('silent', 2, 0);
  client.heartbeat('now', 3);
  await until(() => bench.started.length === 2);
  bench.finish('wait 1');
  await until(() => client.frames.length === 2);
  expect(client.answered).toEqual([1, 3]);
});

test('ten thousand pipelined requests are answered in order', async () => {
  const { connect } = await start();
  const client = connect();
  const count = 10_000;
  const requests = Array.from({ length: count }, (_, id) =>
    id % 3 === 0
      ? requestFrame(Produce, 9, { transactionalId: 'x', acks: 1, timeoutMs: 1, topicData: [] }, id)
      : requestFrame(Heartbeat, 4, { groupId: 'now', generationId: 0, memberId: '' }, id),
  );
  client.send(Buffer.concat(requests));
  await until(() => client.frames.length === count);
  expect(client.answered).toEqual(Array.from({ length: count }, (_, id) => id));
});

test('ApiVersions says what is served, Produce from 0, features by version', async () => {
  const features = () => ({
    supported: [
      { name: 'kraft.version', minVersion: 0, maxVersion: 1 },
      { name: 'metadata.version', minVersion: 7, maxVersion: 30 },
    ],
    finalized: [{ name: 'metadata.version', minVersion: 30, maxVersion: 30 }],
    finalizedEpoch: 12,
  });
  const { connect } = await start({ features });
  const client = connect();
  client.apiVersions(0, 1);
  client.apiVersions(3, 2);
  client.apiVersions(4, 3);
  await until(() => client.frames.length === 3);
  expect(versionsOf(client, 0, 0)).toMatchObject({
    errorCode: 0,
    apiKeys: [
      { apiKey: 0, minVersion: 0, maxVersion: 9 },
      { apiKey: 3, minVersion: 1, maxVersion: 1 },
      { apiKey: 12, minVersion: 0, maxVersion: 4 },
      { apiKey: 18, minVersion: 0, maxVersion: 4 },
    ],
  });
  expect(versionsOf(client, 1, 3).supportedFeatures.map(({ name }) => name)).toEqual(['metadata.version']);
  const newest = versionsOf(client, 2, 4);
  expect(newest.supportedFeatures.map(({ name }) => name)).toEqual(['kraft.version', 'metadata.version']);
  expect(newest.finalizedFeatures).toEqual([{ name: 'metadata.version', maxVersionLevel: 30, minVersionLevel: 30 }]);
  expect(newest.finalizedFeaturesEpoch).toBe(12);
});

test('ApiVersions of an unknown version gets body v0 with code 35 and the connection lives on', async () => {
  const { connect } = await start();
  const client = connect();
  const frame = requestFrame(ApiVersions, 4, { clientSoftwareName: 'x', clientSoftwareVersion: '1' }, 5);
  frame.writeInt16BE(77, 6);
  client.send(frame);
  client.apiVersions(2, 6);
  await until(() => client.frames.length === 2);
  const { min, max } = ApiVersions.versions;
  expect(versionsOf(client, 0, 0)).toMatchObject({
    errorCode: ErrorCode.UNSUPPORTED_VERSION,
    apiKeys: [{ apiKey: 18, minVersion: min, maxVersion: max }],
  });
  expect(versionsOf(client, 1, 2).errorCode).toBe(0);
});

test('ApiVersions refuses a client that has no proper name', async () => {
  const { connect } = await start();
  const client = connect();
  for (const name of ['', '-x', 'x.', 'a b', 'x\n']) {
    client.send(requestFrame(ApiVersions, 3, { clientSoftwareName: name, clientSoftwareVersion: '1' }));
  }
  await until(() => client.frames.length === 5);
  const codes = client.frames.map((_, at) => versionsOf(client, at, 3).errorCode);
  expect(new Set(codes)).toEqual(new Set([ErrorCode.INVALID_REQUEST]));
});

test('what is advertised can be narrowed to what the controller serves', async () => {
  const { connect } = await start({
    advertise: ({ key }, [min, max]) => (key === 12 ? undefined : [min, Math.min(max, 2)]),
  });
  const client = connect();
  client.apiVersions(0);
  await until(() => client.frames.length === 1);
  expect(versionsOf(client, 0, 0).apiKeys.map(({ apiKey, maxVersion }) => [apiKey, maxVersion])).toEqual([
    [0, 2],
    [3, 1],
    [18, 2],
  ]);
});

test('a handler that throws, rejects or answers nonsense closes its connection and no other', async () => {
  const { connect, log } = await start();
  const other = connect();
  for (const name of ['boom', 'reject', 'bad']) {
    const client = connect();
    client.heartbeat(name);
    await until(() => client.closed, name);
    expect(client.frames.length).toBe(0);
  }
  expect(log.lines.filter(({ level }) => level === 'error').map(({ api, message }) => [api, message])).toEqual([
    ['Heartbeat', 'connection closed: the handler failed'],
    ['Heartbeat', 'connection closed: the response cannot be expressed'],
  ]);
  other.heartbeat('now');
  await until(() => other.frames.length === 1);
});

test('a handler knows its request, its peer, and when the connection is gone', async () => {
  const { connect, bench, listener } = await start({ isPrivileged: true });
  const client = connect();
  client.heartbeat('wait', 9, 4);
  await until(() => bench.contexts.length === 1);
  const context = bench.contexts[0];
  expect(context).toMatchObject({
    apiVersion: 4,
    correlationId: 9,
    clientId: 'raw',
    listenerName: 'PLAINTEXT',
    principal: 'User:ANONYMOUS',
    remoteAddress: '127.0.0.1',
    isPrivileged: true,
    closed: false,
  });
  let calls = 0;
  let disconnects = 0;
  context?.onClose(() => {
    throw new Error('handler broke in its callback');
  });
  context?.onClose(() => calls++);
  context?.onDisconnect(() => disconnects++);
  client.socket.destroy();
  await until(() => calls === 1);
  expect(disconnects).toBe(1);
  expect(context?.closed).toBe(true);
  context?.onClose(() => calls++);
  expect(calls).toBe(2);
  bench.finish('wait');
  await until(() => listener.connectionCount === 0);
});

test('a throttled connection gets its response at once and its next request later', async () => {
  const { connect, bench } = await start();
  const client = connect();
  const before = performance.now();
  client.heartbeat('slow', 1);
  client.heartbeat('now', 2);
  await until(() => client.frames.length === 1);
  expect(bench.started).toEqual(['slow']);
  await until(() => client.frames.length === 2);
  expect(performance.now() - before).toBeGreaterThan(450);
});

test('stop finishes what is in flight within its grace, reads nothing more and then closes', async () => {
  const { connect, bench, listener } = await start();
  const client = connect();
  const idle = connect();
  client.heartbeat('wait', 1);
  await until(() => bench.started.length === 1);
  const stopped = listener.stop({ graceMs: 5000 });
  await until(() => idle.closed);
  client.heartbeat('now', 2);
  await sleep(10);
  expect(client.closed).toBe(false);
  bench.finish('wait');
  await stopped;
  await until(() => client.closed);
  expect(client.answered).toEqual([1]);
  const late = connect();
  await until(() => late.closed);
});

test('stop does not wait for ever', async () => {
  const { connect, bench, listener } = await start();
  const client = connect();
  client.heartbeat('wait', 1);
  await until(() => bench.started.length === 1);
  const before = performance.now();
  await listener.stop({ graceMs: 50 });
  expect(performance.now() - before).toBeLessThan(5000);
  await until(() => client.closed);
});

test('a client that ends its side still gets what was ready', async () => {
  const { listener } = await start();
  const chunks: Buffer[] = [];
  const client = connect({ host: '127.0.0.1', port: listener.port, allowHalfOpen: true });
  client.on('data', (chunk) => chunks.push(chunk as Buffer));
  const ended = new Promise((resolve) => client.once('end', resolve));
  client.end(requestFrame(Heartbeat, 0, { groupId: 'now', generationId: 0, memberId: '' }, 1));
  await ended;
  client.destroy();
  expect(Buffer.concat(chunks).toString('hex')).toBe('00000006000000010003');
});
