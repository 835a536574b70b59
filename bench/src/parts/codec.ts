/**
 * Encoding and decoding of messages by the codecs that are compiled from the schema: MetadataResponse v12 with 50
 * topics of 3 partitions and 3 replicas, held against a decoder written by hand; a Produce request of 8 partitions and
 * a Fetch request of 100.
 */
import { Chunks } from '@tidelog/core';
import { Fetch, Metadata, Produce, type Message } from '@tidelog/protocol';
import { figureOf, type Figure } from '../support/figure.ts';
import { decodeMetadataByHand } from '../support/metadata-by-hand.ts';
import type { Part } from '../support/part.ts';

const part = 'codec';
const unit = 'us';
const topicId = 'kLmEoHx3TTahbYyD4_ziGA';
const metadataVersion = 12;

export const codec: Part = {
  name: part,
  about: 'encoding and decoding of messages, against a decoder written by hand',
  run({ rounds }) {
    const bytes = Chunks.of(metadataResponse().toBuffer());
    const compiled = (): unknown => Metadata.response.decode(bytes, metadataVersion);
    const byHand = (): unknown => decodeMetadataByHand(bytes.toBuffer());
    const values: number[] = [];
    const handWritten: number[] = [];
    // The first round warms both up.
    for (let round = -1; round < rounds; round++) {
      const own = microseconds(compiled);
      const other = microseconds(byHand);
      if (round < 0) continue;
      values.push(own);
      handWritten.push(other);
    }
    const against = { name: 'by hand', values: handWritten };
    return Promise.resolve([
      figureOf({ part, name: 'MetadataResponse, 150 partitions: decode', unit, values, against }),
      ...bothWays(Metadata.response, { name: 'MetadataResponse, 150 partitions', bytes, version: 12, rounds }).slice(
        0,
        1,
      ),
      ...bothWays(Produce.request, { name: 'Produce, 8 partitions', bytes: produceRequest(), version: 13, rounds }),
      ...bothWays(Fetch.request, { name: 'Fetch, 100 partitions', bytes: fetchRequest(), version: 17, rounds }),
    ]);
  },
};

interface Sample {
  readonly name: string;
  readonly bytes: Chunks;
  readonly version: number;
  readonly rounds: number;
}

/** Encoding first. */
function bothWays<V extends I, I>(message: Message<V, I>, { name, bytes, version, rounds }: Sample): Figure[] {
  const value = message.decode(bytes, version);
  const measure = (run: () => unknown): number[] =>
    Array.from({ length: rounds + 1 }, () => microseconds(run)).slice(1);
  return [
    figureOf({ part, name: `${name}: encode`, unit, values: measure(() => message.encode(value, version)) }),
    figureOf({ part, name: `${name}: decode`, unit, values: measure(() => message.decode(bytes, version)) }),
  ];
}

function microseconds(run: () => unknown): number {
  const times = 2000;
  const start = process.hrtime.bigint();
  for (let i = 0; i < times; i++) run();
  return Number(process.hrtime.bigint() - start) / 1000 / times;
}

function metadataResponse(): Chunks {
  const nodes = [1, 2, 3];
  const partitions = Array.from({ length: 3 }, (_, partitionIndex) => ({
    errorCode: 0,
    partitionIndex,
    leaderId: 1,
    leaderEpoch: 7,
    replicaNodes: nodes,
    isrNodes: nodes,
    offlineReplicas: [],
  }));
  const response = {
    brokers: nodes.map((nodeId) => ({ nodeId, host: `broker-${nodeId}.example.org`, port: 9092, rack: 'rack-a' })),
    clusterId: topicId,
    controllerId: 1,
    topics: Array.from({ length: 50 }, (_, i) => ({
      errorCode: 0,
      name: `orders-eu-west-${i}`,
      topicId: `${topicId.slice(0, 19)}${String(i).padStart(2, '0')}Q`,
      partitions,
    })),
  };
  return Metadata.response.encode(response, metadataVersion);
}

function produceRequest(): Chunks {
  const partitionData = Array.from({ length: 8 }, (_, index) => ({ index, records: Chunks.of(Buffer.alloc(16_384)) }));
  const topicData = [{ topicId, partitionData }];
  return Produce.request.encode({ transactionalId: null, acks: -1, timeoutMs: 30_000, topicData }, 13);
}

function fetchRequest(): Chunks {
  const partitions = Array.from({ length: 100 }, (_, partition) => ({
    partition,
    fetchOffset: 5_000_000_000 + partition,
    partitionMaxBytes: 1_048_576,
  }));
  return Fetch.request.encode({ maxWaitMs: 500, minBytes: 1, topics: [{ topicId, partitions }] }, 17);
}
