/**
 * The wire must not change unnoticed. `testdata/wire-hashes.json` holds a hash of every message's schema and of the
 * bytes of one sample per version; TIDELOG_GOLDEN=1 writes it anew. The bytes below were worked out by hand from the
 * protocol.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { Chunks } from '@tidelog/core';
import { expect, test } from 'vitest';
import {
  ApiVersions,
  ConsumerProtocolSubscription,
  Fetch,
  Metadata,
  OffsetCommitKey,
  Produce,
  RequestHeader,
  ResponseHeader,
  SaslHandshake,
  TransactionLogValue,
  type Message,
} from './index.ts';
import { declaredLines } from './testing/reference-messages.ts';
import { allMessages, sampleValue, versionsOf } from './testing/sample-value.ts';

const path = new URL('testdata/wire-hashes.json', import.meta.url);

function digest(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

function wireHashes(): Record<string, Record<string, string>> {
  const out: Record<string, Record<string, string>> = {};
  for (const message of allMessages()) {
    const versions = versionsOf(message);
    const schema = versions.map((version) => declaredLines(message, version).join('\n')).join('\n\n');
    const samples = versions.map((version) => {
      const bytes = [1, 2, 3].map((seed) => message.encode(sampleValue(message, version, seed), version).toBuffer());
      return [`v${version}`, digest(Buffer.concat(bytes))] as const;
    });
    out[message.name] = { schema: digest(schema), ...Object.fromEntries(samples) };
  }
  return out;
}

test('schemas and the bytes of samples are the ones that were recorded', () => {
  const found = wireHashes();
  if (process.env['TIDELOG_GOLDEN'] === '1') writeFileSync(path, `${JSON.stringify(found, null, 1)}\n`);
  expect(found).toEqual(JSON.parse(readFileSync(path, 'utf8')));
});

interface Golden {
  readonly title: string;
  readonly message: Message;
  readonly version: number;
  readonly value: unknown;
  readonly hex: string;
}

const clientId = { requestApiKey: 18, requestApiVersion: 3, correlationId: 7, clientId: 'ab' };

const goldens: Golden[] = [
  {
    title: 'a request header v1',
    message: RequestHeader,
    version: 1,
    value: { requestApiKey: 17, requestApiVersion: 1, correlationId: 7, clientId: null },
    hex: '0011 0001 00000007 ffff',
  },
  {
    title: 'a request header v2, whose client id is not compact',
    message: RequestHeader,
    version: 2,
    value: clientId,
    hex: '0012 0003 00000007 0002 6162 00',
  },
  {
    title: 'a response header v1',
    message: ResponseHeader,
    version: 1,
    value: { correlationId: 7 },
    hex: '00000007 00',
  },
  {
    title: 'a request without a flexible version',
    message: SaslHandshake.request,
    version: 1,
    value: { mechanism: 'PLAIN' },
    hex: '0005 504c41494e',
  },
  {
    title: 'compact strings',
    message: ApiVersions.request,
    version: 3,
    value: { clientSoftwareName: 'x', clientSoftwareVersion: '1.0' },
    hex: '02 78 04 312e30 00',
  },
  {
    title: 'tagged fields in rising order, defaults left out',
    message: ApiVersions.response,
    version: 3,
    value: {
      errorCode: 0,
      apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }],
      supportedFeatures: [],
      finalizedFeaturesEpoch: 5,
      zkMigrationReady: true,
    },
    hex: '0000 02 0012 0000 0004 00 00000000 02 01 08 0000000000000005 03 01 01',
  },
  { title: 'a null list', message: Metadata.request, version: 1, value: { topics: null }, hex: 'ffffffff' },
  {
    title: 'a null compact list',
    message: Metadata.request,
    version: 12,
    value: { topics: null, allowAutoTopicCreation: true },
    hex: '00 01 00 00',
  },
  {
    title: 'record batches between a compact length and the next tag section',
    message: Produce.request,
    version: 13,
    value: {
      transactionalId: null,
      acks: -1,
      timeoutMs: 1500,
      topicData: [
        {
          topicId: 'AAAAAAAAAAAAAAAAAAAAAQ',
          partitionData: [{ index: 2, records: Chunks.of(Buffer.from('abc')) }],
        },
      ],
    },
    hex: '00 ffff 000005dc 02 00000000000000000000000000000001 02 00000002 04 616263 00 00 00',
  },
  {
    title: 'a tagged structure',
    message: Fetch.request,
    version: 15,
    value: { maxWaitMs: 1, minBytes: 2, topics: [], replicaState: { replicaId: 3, replicaEpoch: 4 } },
    hex: '00000001 00000002 7fffffff 00 00000000 ffffffff 01 01 01 01 01 0d 00000003 0000000000000004 00',
  },
  {
    title: 'a coordinator key',
    message: OffsetCommitKey,
    version: 0,
    value: { group: 'g', topic: 't', partition: 1 },
    hex: '0001 67 0001 74 00000001',
  },
  {
    title: 'a subscription of a classic consumer',
    message: ConsumerProtocolSubscription,
    version: 1,
    value: { topics: ['t'], userData: null, ownedPartitions: [{ topic: 't', partitions: [0, 1] }] },
    hex: '00000001 0001 74 ffffffff 00000001 0001 74 00000002 00000000 00000001',
  },
  {
    title: 'tags that are declared out of order',
    message: TransactionLogValue,
    version: 1,
    value: {
      producerId: 1,
      producerEpoch: 2,
      transactionTimeoutMs: 3,
      transactionStatus: 0,
      transactionPartitions: null,
      transactionLastUpdateTimestampMs: 4,
      transactionStartTimestampMs: -1,
      nextProducerEpoch: 7,
      clientTransactionVersion: 2,
    },
    hex: '0000000000000001 0002 00000003 00 00 0000000000000004 ffffffffffffffff 02 02 02 0002 03 02 0007',
  },
];

for (const { title, message, version, value, hex } of goldens) {
  test(`${title}: ${message.name} v${version}`, () => {
    const bytes = message.encode(value, version).toBuffer();
    expect(bytes.toString('hex')).toBe(hex.replaceAll(' ', ''));
    expect(message.decode(Chunks.of(bytes), version)).toMatchObject(value as object);
  });
}
