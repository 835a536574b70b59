/** Bytes that nobody honest sends: only ProtocolError comes out, quickly and without much memory. */
import { Chunks, must, SeededRandom } from '@tidelog/core';
import { expect, test } from 'vitest';
import { ApiVersions, CreateTopics, Fetch, Metadata, ProtocolError, RequestHeader, type Message } from './index.ts';
import { allMessages, sampleValue, versionsOf } from './testing/sample-value.ts';

/** The error of a decode, undefined where it succeeds. Anything but a ProtocolError fails the test. */
function refusal(message: Message, bytes: Chunks, version: number): ProtocolError | undefined {
  try {
    message.decode(bytes, version);
    return undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
}

test('a message cut short anywhere is refused', () => {
  for (const message of allMessages()) {
    for (const version of versionsOf(message)) {
      const whole = message.encode(sampleValue(message, version, 5), version).toBuffer();
      for (let length = 0; length < Math.min(whole.length, 400); length++) {
        if (refusal(message, Chunks.of(whole.subarray(0, length)), version) !== undefined) continue;
        expect.fail(`${message.name} v${version} cut to ${length} of ${whole.length} bytes was decoded`);
      }
    }
  }
});

test('mutated messages decode or are refused', () => {
  const random = new SeededRandom(2026);
  let refused = 0;
  let tried = 0;
  for (const message of allMessages()) {
    for (const version of versionsOf(message)) {
      const whole = Buffer.from(message.encode(sampleValue(message, version, 6), version).toBuffer());
      for (let i = 0; i < 20 && whole.length > 0; i++) {
        const bytes = Buffer.from(whole);
        for (let n = 1 + random.below(3); n > 0; n--) bytes[random.below(bytes.length)] = random.below(256);
        const cut = random.below(bytes.length);
        if (refusal(message, Chunks.of(bytes.subarray(0, cut), bytes.subarray(cut)), version) !== undefined) refused++;
        tried++;
      }
    }
  }
  expect(tried).toBeGreaterThan(10_000);
  expect(refused).toBeGreaterThan(tried / 10);
});

test('noise decodes or is refused', () => {
  const random = new SeededRandom(4711);
  for (const message of allMessages()) {
    for (let i = 0; i < 20; i++) refusal(message, Chunks.of(random.bytes(random.below(200))), message.versions.max);
  }
});

const billions = Buffer.from('ffffffff0f', 'hex');

test.each<[string, Message, number, Buffer]>([
  ['a count of billions in compact form', Metadata.request, 12, billions],
  ['a count of billions', Metadata.request, 4, Buffer.from('7fffffff', 'hex')],
  ['a count below -1', Metadata.request, 4, Buffer.from('fffffffe', 'hex')],
  ['a string length below -1', ApiVersions.response, 0, Buffer.from('fffe', 'hex')],
  ['a varint of six bytes', Metadata.request, 12, Buffer.from('ffffffffff01', 'hex')],
  ['a varint of 33 bits', Metadata.request, 12, Buffer.from('ffffffff1f', 'hex')],
  ['null where a string must be', ApiVersions.request, 3, Buffer.from('000200', 'hex')],
  [
    'a string longer than 32,767 bytes',
    ApiVersions.request,
    3,
    Buffer.concat([Buffer.from('818002', 'hex'), Buffer.alloc(40_000)]),
  ],
  ['65 tagged fields', ApiVersions.request, 3, Buffer.concat([Buffer.from('010141', 'hex'), Buffer.alloc(200)])],
  ['a tagged field that claims more than there is', ApiVersions.request, 3, Buffer.from('010101637f', 'hex')],
])('refused: %s', (_, message, version, bytes) => {
  expect(refusal(message, Chunks.of(bytes), version)).toBeInstanceOf(ProtocolError);
});

test('a known tagged field must take the size it claims', () => {
  const good = Buffer.from(
    '00000001 00000002 7fffffff 00 00000000 ffffffff 01 01 01 01 01 0d 00000003 0000000000000004 00'.replaceAll(
      ' ',
      '',
    ),
    'hex',
  );
  expect(refusal(Fetch.request, Chunks.of(good), 15)).toBeUndefined();
  const bad = Buffer.concat([good, Buffer.alloc(4)]);
  bad[good.length - 14] = 0x0e;
  expect(refusal(Fetch.request, Chunks.of(bad), 15)?.detail).toMatch(/tagged field ends/);
});

test('unknown tagged fields are skipped', () => {
  const bytes = Buffer.from('02 78 02 31 02 07 03 aabbcc 8001 00'.replaceAll(' ', ''), 'hex');
  expect(ApiVersions.request.decode(Chunks.of(bytes), 3)).toEqual({
    clientSoftwareName: 'x',
    clientSoftwareVersion: '1',
  });
});

test('a request of nothing but empty structures runs into its memory budget', () => {
  const count = 1_000_000;
  const length = Buffer.from([...varint(count + 1)]);
  const empty = Buffer.from('01 00000000 0000 01 01 00'.replaceAll(' ', ''), 'hex');
  const bytes = Buffer.concat([
    length,
    Buffer.alloc(count * empty.length, empty),
    Buffer.from('0000000000 00'.replaceAll(' ', ''), 'hex'),
  ]);
  const before = process.memoryUsage().heapUsed;
  expect(refusal(CreateTopics.request, Chunks.of(bytes), 7)?.detail).toMatch(/memory budget/);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(bytes.length);
});

test('an honest fetch of 100,000 partitions fits its budget', () => {
  const partitions = Array.from({ length: 100_000 }, (_, partition) => ({
    partition,
    fetchOffset: 2 ** 40,
    logStartOffset: 2 ** 39,
    partitionMaxBytes: 1_048_576,
  }));
  const bytes = Fetch.request.encode({ maxWaitMs: 500, minBytes: 1, topics: [{ topic: 't', partitions }] }, 12);
  expect(Fetch.request.decode(bytes, 12).topics[0]?.partitions).toHaveLength(100_000);
});

test('an honest description of 30,000 partitions fits its budget', () => {
  const nodes = [1, 2, 3];
  const partitions = Array.from({ length: 30_000 }, (_, partitionIndex) => ({
    errorCode: 0,
    partitionIndex,
    leaderId: 1,
    leaderEpoch: 1,
    replicaNodes: nodes,
    isrNodes: nodes,
    offlineReplicas: [],
  }));
  const topics = [{ errorCode: 0, name: 't', topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partitions }];
  const bytes = Metadata.response.encode({ brokers: [], controllerId: 1, topics }, 12);
  expect(bytes.byteLength).toBeGreaterThan(1_000_000);
  expect(Metadata.response.decode(bytes, 12).topics[0]?.partitions).toHaveLength(30_000);
});

test('a budget of the caller is kept', () => {
  const bytes = Metadata.request.encode({ topics: [{ name: 'a' }, { name: 'b' }] }, 4);
  expect(() => Metadata.request.decode(bytes, 4, 0, { memoryBudget: 100 })).toThrow(ProtocolError);
  expect(Metadata.request.decode(bytes, 4, 0, { memoryBudget: 1000 }).topics).toHaveLength(2);
});

test('a header is read from at most 8 KiB', () => {
  const header = { requestApiKey: 3, requestApiVersion: 12, correlationId: 1, clientId: 'c'.repeat(8000) };
  expect(RequestHeader.decode(RequestHeader.encode(header, 2), 2)).toEqual(header);
  const long = RequestHeader.encode({ ...header, clientId: 'c'.repeat(9000) }, 2);
  expect(refusal(RequestHeader, long, 2)).toBeInstanceOf(ProtocolError);
});

test('versions that do not exist are refused by name', () => {
  expect(refusal(Fetch.request, Chunks.empty, 3)?.detail).toBe('FetchRequest has versions 4 to 18, not 3');
  expect(refusal(Fetch.request, Chunks.empty, 19)?.code).toBe(35);
  expect(refusal(must(allMessages()[0]), Chunks.empty, Number.NaN)?.code).toBe(35);
});

function* varint(value: number): Iterable<number> {
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return yield rest;
    yield (rest & 0x7f) | 0x80;
  }
}
