/**
 * The codec compiled from the schema against one written by hand and against the closure codec: MetadataResponse v12
 * with 50 topics of 3 partitions and 3 replicas. Prints one line of JSON: microseconds per message, best of five
 * rounds, and the ratio to the hand-written decoder measured in the same run.
 */
import { Chunks } from '@tidelog/core';
import { Fetch, Metadata, Produce, type Message } from '@tidelog/protocol';
import { decodeMetadataByHand } from './metadata-by-hand.ts';

const version = 12;

function metadata(): Chunks {
  const nodes = [1, 2, 3];
  return Metadata.response.encode(
    {
      brokers: nodes.map((nodeId) => ({ nodeId, host: `broker-${nodeId}.example.org`, port: 9092, rack: 'rack-a' })),
      clusterId: 'kLmEoHx3TTahbYyD4_ziGA',
      controllerId: 1,
      topics: Array.from({ length: 50 }, (_, topic) => ({
        errorCode: 0,
        name: `orders-eu-west-${topic}`,
        topicId: `kLmEoHx3TTahbYyD4_zi${String(topic).padStart(2, '0')}`.slice(0, 21) + 'Q',
        partitions: Array.from({ length: 3 }, (_, partitionIndex) => ({
          errorCode: 0,
          partitionIndex,
          leaderId: 1,
          leaderEpoch: 7,
          replicaNodes: nodes,
          isrNodes: nodes,
          offlineReplicas: [],
        })),
      })),
    },
    version,
  );
}

function microseconds(run: () => unknown): number {
  const rounds = 2000;
  let best = Infinity;
  for (let round = 0; round < 6; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < rounds; i++) run();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 1000 / rounds);
  }
  return Math.round(best * 10) / 10;
}

function both<V, I>(message: Message<V, I>, bytes: Chunks, at: number): { decodeUs: number; encodeUs: number } {
  const value = message.decode(bytes, at) as unknown as I;
  return {
    decodeUs: microseconds(() => message.decode(bytes, at)),
    encodeUs: microseconds(() => message.encode(value, at)),
  };
}

const bytes = metadata();
const flat = Chunks.of(bytes.toBuffer());
const split = Chunks.of(flat.toBuffer().subarray(0, 1000), flat.toBuffer().subarray(1000));
const byHandUs = microseconds(() => decodeMetadataByHand(flat.toBuffer()));
const compiled = both(Metadata.response, flat, version);

const produce = Produce.request.encode(
  {
    transactionalId: null,
    acks: -1,
    timeoutMs: 30_000,
    topicData: [
      {
        topicId: 'kLmEoHx3TTahbYyD4_ziGA',
        partitionData: Array.from({ length: 8 }, (_, index) => ({ index, records: Chunks.of(Buffer.alloc(16_384)) })),
      },
    ],
  },
  13,
);
const fetch = Fetch.request.encode(
  {
    maxWaitMs: 500,
    minBytes: 1,
    topics: [
      {
        topicId: 'kLmEoHx3TTahbYyD4_ziGA',
        partitions: Array.from({ length: 100 }, (_, partition) => ({
          partition,
          fetchOffset: 5_000_000_000 + partition,
          partitionMaxBytes: 1_048_576,
        })),
      },
    ],
  },
  17,
);

console.log(
  JSON.stringify({
    bench: 'codec',
    metadataResponse: {
      bytes: flat.byteLength,
      ...compiled,
      splitDecodeUs: microseconds(() => Metadata.response.decode(split, version)),
    },
    handWritten: { decodeUs: byHandUs },
    decodeRatio: Math.round((compiled.decodeUs / byHandUs) * 100) / 100,
    produceRequest: both(Produce.request, produce, 13),
    fetchRequest: both(Fetch.request, fetch, 17),
  }),
);
