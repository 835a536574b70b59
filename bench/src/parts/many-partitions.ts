/** 10,000 partitions on one broker, each with a record in it: how it starts, what it holds in memory and open. */
import { Chunks } from '@tidelog/core';
import type { Connection } from '@tidelog/net';
import { buildBatch, ErrorCode, errorName, Produce } from '@tidelog/protocol';
import { BrokerProcess, tidelog } from '../support/broker-process.ts';
import { connectTo, createTopics, firstAcknowledgedRecord } from '../support/client.ts';
import { figureOf } from '../support/figure.ts';
import type { Part } from '../support/part.ts';
import { openFiles, residentBytes } from '../support/process-facts.ts';

const topics = Array.from({ length: 10 }, (_, i) => ({ name: `many-${i}`, partitions: 1000 }));

export const manyPartitions: Part = {
  name: 'many-partitions',
  about: '10,000 partitions on one broker: start, memory, open files',
  async run() {
    await using broker = await BrokerProcess.prepare(tidelog);
    await started(broker, async (connection) => {
      for (const topic of topics) {
        await createTopics(connection, [topic]);
        await writeToAll(connection, topic);
      }
    });
    const memory: number[] = [];
    const files: number[] = [];
    const look = (): void => {
      memory.push(residentBytes(broker.pid) / (1 << 20));
      files.push(openFiles(broker.pid));
    };
    look();
    await broker.stop('SIGTERM');
    const afterCleanStop = await started(broker, () => Promise.resolve(look()));
    await broker.stop('SIGKILL');
    const afterKill = await started(broker, () => Promise.resolve(look()));
    await broker.stop('SIGTERM');
    const part = 'many-partitions';
    const inTime = [{ kind: 'atMost', value: 20_000, of: 'figure' }] as const;
    return [
      figureOf({ part, name: '10,000: start after a clean stop', unit: 'ms', values: [afterCleanStop], goals: inTime }),
      figureOf({ part, name: '10,000: start after kill -9', unit: 'ms', values: [afterKill], goals: inTime }),
      figureOf({
        part,
        name: '10,000: resident',
        unit: 'MiB',
        values: memory,
        goals: [{ kind: 'atMost', value: 1024, of: 'figure' }],
      }),
      figureOf({
        part,
        name: '10,000: open files',
        unit: 'files',
        values: files,
        goals: [{ kind: 'atMost', value: 5000, of: 'figure' }],
      }),
    ];
  },
};

/** Milliseconds from spawn to a record acknowledged; then does something with the running broker. */
async function started(broker: BrokerProcess, use: (connection: Connection) => Promise<void>): Promise<number> {
  const connection = connectTo(broker.port);
  const startedAt = performance.now();
  broker.spawn();
  try {
    await firstAcknowledgedRecord(connection, 'warm');
    const took = performance.now() - startedAt;
    await use(connection);
    return took;
  } finally {
    connection.close();
  }
}

async function writeToAll(connection: Connection, topic: { name: string; partitions: number }): Promise<void> {
  let open = Array.from({ length: topic.partitions }, (_, index) => index);
  const deadline = performance.now() + 30_000;
  while (open.length > 0) {
    const partitionData = open.map((index) => ({ index, records: Chunks.of(oneRecord()) }));
    const topicData = [{ name: topic.name, partitionData }];
    const { responses } = await connection.send(Produce, { acks: 1, timeoutMs: 30_000, topicData }, { version: 9 });
    const refused = (responses[0]?.partitionResponses ?? []).filter(({ errorCode }) => errorCode !== ErrorCode.NONE);
    open = refused.map(({ index }) => index);
    if (performance.now() > deadline) {
      throw new Error(`${open.length} partitions refuse: ${errorName(refused[0]?.errorCode ?? 0)}`);
    }
    if (open.length > 0) await new Promise((done) => void setTimeout(done, 100));
  }
}

function oneRecord(): Buffer {
  return buildBatch({ records: [{ key: null, value: Buffer.alloc(100), timestamp: Date.now() }] });
}
