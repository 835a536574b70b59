/**
 * Bad input and bad clients against a live listener: the connection that misbehaves is closed with one clear line,
 * memory stays bounded, and a well-behaved connection beside it is always served.
 */
import { Chunks, SeededRandom } from '@tidelog/core';
import { ApiVersions, Heartbeat, Metadata } from '@tidelog/protocol';
import { afterEach, expect, test } from 'vitest';
import { NetworkBudgets, type KafkaListener } from './kafka-listener.ts';
import { framed, requestFrame, sleep, startListener, until, world, type Running } from './testing/wire.ts';

const running: KafkaListener[] = [];
const start: typeof startListener = async (options) => {
  const started = await startListener(options);
  running.push(started.listener);
  return started;
};

afterEach(async () => {
  for (const listener of running.splice(0)) await listener.stop({ graceMs: 0 });
});

const good = requestFrame(Heartbeat, 4, { groupId: 'now', generationId: 0, memberId: 'm' }, 1);

async function serves({ connect }: Running): Promise<void> {
  const client = connect();
  client.heartbeat('now', 42);
  await until(() => client.frames.length === 1, 'service for others');
  client.socket.destroy();
}

async function closes(running: Running, ...pieces: Buffer[]): Promise<void> {
  const client = running.connect();
  client.send(...pieces);
  await until(() => client.closed, `closing after ${Buffer.concat(pieces).toString('hex', 0, 40)}`);
  expect(client.frames.length).toBe(0);
}

test('other protocols and impossible lengths are closed at once, with a line that says what was tried', async () => {
  const cases: [string, Buffer][] = [
    ['TLS hello', Buffer.from('160301020001000200fc0303', 'hex')],
    ['speaks HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['speaks SSH', Buffer.from('SSH-2.0-OpenSSH_9.6\r\n')],
    ['is negative', Buffer.from('ffffffff00', 'hex')],
    ['below the 8 bytes', Buffer.from('0000000000', 'hex')],
    ['above the limit of 104857600 bytes', Buffer.from('7fffffff00', 'hex')],
  ];
  const started = await start();
  for (const [what, bytes] of cases) {
    await closes(started, bytes);
    expect(started.log.complaints.at(-1)).toContain(what);
  }
  await serves(started);
});

test('unknown keys, versions not served and malformed headers are closed; the limit on a frame is kept', async () => {
  const started = await start({ limits: { socketRequestMaxBytes: 1000 } });
  const altered = (at: number, value: number): Buffer => {
    const frame = Buffer.from(good);
    frame.writeInt16BE(value, at);
    return frame;
  };
  const cases: [string, Buffer][] = [
    ['API key 999', altered(4, 999)],
    ['API key -1', altered(4, -1)],
    ['Heartbeat v5', altered(6, 5)],
    ['Heartbeat v-3', altered(6, -3)],
    ['header is malformed', altered(12, 0x7fff)],
    ['header is malformed', altered(12, -2)],
    ['above the limit of 1000', framed(Buffer.alloc(1001))],
  ];
  for (const [, bytes] of cases) {
    await closes(started, bytes);
    await until(() => started.listener.connectionCount === 0);
  }
  const seen = started.log.complaints.join('\n');
  for (const what of ['API key 999', 'Heartbeat v5', 'header is malformed', 'above the limit of 1000']) {
    expect(seen).toContain(what);
  }
  await serves(started);
});

test('a million tagged fields in a header and an ApiVersions of megabytes are refused (CVE-2026-111115)', async () => {
  const started = await start();
  const start18 = Buffer.from('0012000300000001ffff', 'hex');
  const count = Buffer.from('c0843d', 'hex');
  await closes(started, framed(Buffer.concat([start18, count, Buffer.alloc(60_000, 1)])));
  await closes(started, framed(Buffer.concat([start18, count, Buffer.alloc(5_000_000, 1)])));
  const tagged = Buffer.from('000c0004000000010000', 'hex');
  await closes(started, framed(Buffer.concat([tagged, Buffer.from('01009f8d06', 'hex'), Buffer.alloc(100_000)])));
  await serves(started);
});

test('a request cut off at every length, with the connection ended, disturbs nobody', async () => {
  const started = await start();
  for (let length = 0; length < good.length; length++) {
    const client = started.connect();
    client.send(good.subarray(0, length));
    client.socket.end();
  }
  await until(() => started.listener.connectionCount === 0, 'all closed');
  expect(started.log.complaints).toEqual([]);
  await serves(started);
});

test('a frame whose body is cut at every length is refused or served, never more', async () => {
  const started = await start();
  for (let length = 8; length < good.length - 4; length++) await closes(started, framed(good.subarray(4, 4 + length)));
  await serves(started);
});

test('random bytes, random frames and random bodies behind right headers leave the listener standing', async () => {
  const started = await start({ limits: { partialFrameTimeoutMs: 100 } });
  const random = new SeededRandom(20261121);
  const apis = [ApiVersions, Heartbeat, Metadata];
  const clients = Array.from({ length: 150 }, (_, i) => {
    const client = started.connect();
    const bytes = random.bytes(random.below(400));
    if (i % 3 === 0) client.send(bytes);
    if (i % 3 === 1) client.send(framed(Buffer.concat([Buffer.alloc(8 + random.below(3)), bytes])));
    const api = apis[random.below(3)] ?? Heartbeat;
    const header = Buffer.alloc(10);
    header.writeInt16BE(api.key, 0);
    header.writeInt16BE(random.below(5), 2);
    if (i % 3 === 2) client.send(framed(Buffer.concat([header, bytes])));
    return client;
  });
  await sleep(300);
  for (const client of clients) client.socket.destroy();
  await serves(started);
  await until(() => started.listener.connectionCount === 0);
});

test('complaints are limited in rate, and say how many they stand for', async () => {
  const started = await start();
  // All at once: one after the other they could take longer than the second that one line stands for.
  await Promise.all(Array.from({ length: 20 }, () => closes(started, Buffer.from('GET / HTTP/1.1\r\n\r\n'))));
  expect(started.log.complaints.length).toBe(1);
  await sleep(1050);
  await closes(started, Buffer.from('GET / HTTP/1.1\r\n\r\n'));
  expect(started.log.lines.at(-1)).toMatchObject({ suppressed: 19 });
});

test('a frame that trickles in is dropped at its deadline; one that comes fast enough is not', async () => {
  const started = await start({ limits: { partialFrameTimeoutMs: 150, partialFrameMinBytesPerSecond: 1000 } });
  const slow = started.connect();
  const steady = started.connect();
  const big = requestFrame(Heartbeat, 0, { groupId: `now${'x'.repeat(20_000)}`, generationId: 0, memberId: '' }, 3);
  // Each piece of the steady one buys half a second, which no pause of this process comes to.
  for (let i = 0; i < 40 && !slow.closed; i++) {
    slow.send(big.subarray(i, i + 1));
    steady.send(big.subarray(i * 500, i * 500 + 500));
    await sleep(10);
  }
  expect(slow.closed).toBe(true);
  await sleep(20);
  expect(steady.closed).toBe(false);
  expect(started.log.complaints).toEqual([expect.stringContaining('too slowly')]);
});

test('a thousand half-open connections with half a request each cost a bounded amount and disturb nobody', async () => {
  const limits = { partialFramesMaxBytes: 20 * 60_000, partialFrameTimeoutMs: 60_000 };
  const budgets = new NetworkBudgets(world, limits);
  const started = await start({ limits, budgets });
  const half = Buffer.concat([Buffer.from('000f4240000c0004', 'hex'), Buffer.alloc(60_000)]);
  const clients = Array.from({ length: 1000 }, () => started.connect());
  for (const client of clients) client.send(half);
  await until(() => clients.filter(({ closed }) => closed).length >= 970, 'the oldest dropped');
  expect(budgets.partialFrames.bytes).toBeLessThanOrEqual(limits.partialFramesMaxBytes);
  await serves(started);
  for (const client of clients) client.socket.destroy();
  await until(() => started.listener.connectionCount === 0);
  expect(budgets.partialFrames.bytes).toBe(0);
});

test('a client that never reads is not read either, and what is made for it is bounded', async () => {
  const started = await start({ limits: { connectionMaxUnreadBytes: 200_000 } });
  const client = started.connect();
  client.socket.pause();
  const asked = 500;
  for (let i = 0; i < asked; i++) client.metadata(100_000, i);
  await until(() => started.listener.connectionCount === 1);
  await sleep(200);
  await serves(started);
  // What the sockets of this machine hold is between the limit and this.
  expect(started.bench.metadataAnswers).toBeLessThan(asked / 2);
  client.socket.resume();
  await until(() => client.frames.length === asked, 'all answers once it reads');
  expect(client.answered.every((id, i) => id === i)).toBe(true);
});

test('too many requests in flight on one connection, or over all, stop the reading and not the service', async () => {
  const budgets = new NetworkBudgets(world, { queuedMaxRequestBytes: 500 });
  const started = await start({ limits: { connectionMaxInFlightRequests: 3 }, budgets });
  const client = started.connect();
  for (let i = 0; i < 10; i++) client.produce(`wait ${i}`, i);
  await until(() => started.bench.started.length === 3);
  await sleep(20);
  expect(started.bench.started.length).toBe(3);
  for (let i = 0; i < 10; i++) {
    await until(() => started.bench.started.includes(`wait ${i}`));
    started.bench.finish(`wait ${i}`);
  }
  await until(() => client.frames.length === 10);
  expect(client.answered).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const hogs = Array.from({ length: 8 }, () => started.connect());
  for (const [i, hog] of hogs.entries()) for (const n of [0, 1, 2]) hog.produce(`wait hog ${i} ${n} ${'x'.repeat(60)}`);
  await until(() => budgets.requestBytes.used >= 500);
  await sleep(20);
  expect(budgets.requestBytes.used).toBeLessThan(700);
  const late = started.connect();
  late.heartbeat('now');
  await sleep(20);
  expect(late.frames.length).toBe(0);
  for (const hog of hogs) hog.socket.destroy();
  await until(() => late.frames.length === 1);
  await until(() => budgets.requestBytes.used === 0);
});

test('requests in flight on one connection hold so many bytes, the first one as many as it has', async () => {
  const budgets = new NetworkBudgets(world);
  const started = await start({ limits: { connectionMaxInFlightBytes: 12_500 }, budgets });
  const client = started.connect();
  client.produce(`wait first ${'x'.repeat(20_000)}`, 1);
  client.produce(`wait second ${'x'.repeat(7_500)}`, 2);
  await until(() => started.bench.started.length === 1);
  await sleep(30);
  expect(started.bench.started.length).toBe(1);
  started.bench.finish(started.bench.started[0] ?? '');
  for (const n of [3, 4]) client.produce(`wait ${n} ${'x'.repeat(7_500)}`, n);
  await until(() => started.bench.started.length === 3);
  await sleep(30);
  expect(started.bench.started.length).toBe(3);
  expect(budgets.requestBytes.used).toBeLessThan(17_500);
});

test('while requests hold much over all connections each has one at a time', async () => {
  const started = await start({ limits: { pipelinedRequestsMaxBytes: 12_500 } });
  const [hog, other] = [started.connect(), started.connect()];
  hog.produce(`wait ${'x'.repeat(15_000)}`, 1);
  await until(() => started.bench.started.length === 1);
  for (const n of [1, 2]) other.produce(`wait other ${n}`, n);
  await until(() => started.bench.started.length === 2);
  await sleep(30);
  expect(started.bench.started.length).toBe(2);
  started.bench.finish('wait other 1');
  await until(() => started.bench.started.includes('wait other 2'));
});

test('connections are limited in all, per address and in rate', async () => {
  const total = await start({ limits: { maxConnections: 2 } });
  const perIp = await start({ limits: { maxConnectionsPerIpOverrides: new Map([['127.0.0.1', 1]]) } });
  const rate = await start({ limits: { maxConnectionCreationRate: 5 } });
  for (const [started, allowed] of [
    [total, 2],
    [perIp, 1],
  ] as const) {
    const clients = Array.from({ length: 4 }, () => started.connect());
    await until(() => clients.filter(({ closed }) => closed).length === 4 - allowed);
    expect(started.log.complaints[0]).toContain(`is ${allowed}`);
    for (const client of clients) client.socket.destroy();
    await until(() => started.listener.connectionCount === 0);
    await serves(started);
  }
  const clients = Array.from({ length: 7 }, () => rate.connect());
  const before = performance.now();
  for (const client of clients) client.heartbeat('now');
  await until(() => clients.every(({ frames }) => frames.length === 1));
  expect(performance.now() - before).toBeGreaterThan(100);
});

test('an idle connection is closed, one that waits for its answer is not', async () => {
  const started = await start({ limits: { connectionsMaxIdleMs: 60 } });
  const [idle, waiting] = [started.connect(), started.connect()];
  idle.heartbeat('now');
  waiting.heartbeat('wait');
  await until(() => idle.closed, 'idle closed');
  await sleep(100);
  expect(waiting.closed).toBe(false);
  started.bench.finish('wait');
  await until(() => waiting.frames.length === 1);
  await until(() => waiting.closed, 'closed once idle');
});

test('a response longer than the socket takes at once arrives whole', async () => {
  const started = await start();
  const client = started.connect();
  client.metadata(3_000_000, 1);
  client.metadata(60_000, 2);
  await until(() => client.frames.length === 2);
  const decoded = Metadata.response.decode(Chunks.of(client.frames[0] ?? Buffer.alloc(0)), 1, 4);
  expect(decoded.brokers.length).toBe(100);
});
