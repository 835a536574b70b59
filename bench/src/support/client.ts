/** A client that is nothing but the wire: one connection, requests as they are, retries every few milliseconds. */
import { Chunks, createNodeWorld, silentLogger } from '@tidelog/core';
import { Connection } from '@tidelog/net';
import { buildBatch, CreateTopics, ErrorCode, errorName, ListOffsets, Metadata, Produce } from '@tidelog/protocol';
import { pause } from './pause.ts';

export function connectTo(port: number): Connection {
  return new Connection({
    world: createNodeWorld(),
    logger: silentLogger,
    host: '127.0.0.1',
    port,
    clientId: 'bench',
    reconnectBackoffMs: 2,
    reconnectBackoffMaxMs: 2,
  });
}

/** Asks for a topic, which creates it, until its first partition has a leader; then produces one record to it. */
export async function firstAcknowledgedRecord(connection: Connection, topic: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    const done = await tryToProduce(connection, topic).catch(() => false);
    if (done) return;
    await pause(2);
  }
  throw new Error('nothing was acknowledged within 30 seconds');
}

async function tryToProduce(connection: Connection, name: string): Promise<boolean> {
  const metadata = await connection.send(
    Metadata,
    { topics: [{ name }], allowAutoTopicCreation: true },
    { version: 9 },
  );
  const partition = metadata.topics[0]?.partitions[0];
  if (partition === undefined || partition.leaderId < 0) return false;
  const records = buildBatch({ records: [{ key: null, value: Buffer.from('first'), timestamp: Date.now() }] });
  const topicData = [{ name, partitionData: [{ index: 0, records: Chunks.of(records) }] }];
  const { responses } = await connection.send(Produce, { acks: 1, timeoutMs: 10_000, topicData }, { version: 9 });
  return responses[0]?.partitionResponses[0]?.errorCode === ErrorCode.NONE;
}

/** Creates topics of one replica each; an error is one. */
export async function createTopics(
  connection: Connection,
  topics: readonly { readonly name: string; readonly partitions: number }[],
): Promise<void> {
  const wanted = topics.map(({ name, partitions }) => ({
    name,
    numPartitions: partitions,
    replicationFactor: 1,
    assignments: [],
    configs: [],
  }));
  const request = { topics: wanted, timeoutMs: 60_000, validateOnly: false };
  const response = await connection.send(CreateTopics, request, { version: 5, timeoutMs: 60_000 });
  for (const { name, errorCode } of response.topics) {
    if (errorCode !== ErrorCode.NONE) throw new Error(`topic ${name}: ${errorName(errorCode)}`);
  }
}

/** Where partition 0 of a topic ends. */
export async function logEndOffset(connection: Connection, name: string): Promise<number> {
  const topics = [{ name, partitions: [{ partitionIndex: 0, timestamp: -1 }] }];
  const response = await connection.send(ListOffsets, { replicaId: -1, isolationLevel: 0, topics }, { version: 7 });
  return response.topics[0]?.partitions[0]?.offset ?? -1;
}
