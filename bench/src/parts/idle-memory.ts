/** Resident memory of a broker with 100 partitions that has nothing to do, a while after it started. */
import { BrokerProcess, tidelog, type Product } from '../support/broker-process.ts';
import { connectTo, createTopics, firstAcknowledgedRecord } from '../support/client.ts';
import { figureOf } from '../support/figure.ts';
import { findKafka } from '../support/kafka-jars.ts';
import type { Part } from '../support/part.ts';
import { residentBytes } from '../support/process-facts.ts';

const settleMs = 5000;

export const idleMemory: Part = {
  name: 'idle-memory',
  about: 'resident memory of an idle broker with 100 partitions',
  async run({ skip }) {
    const kafka = findKafka();
    if ('missing' in kafka) skip(`Apache Kafka's idle memory: ${kafka.missing}`);
    const values = [await idleMebibytes(tidelog), await idleMebibytes(tidelog)];
    const peer = 'missing' in kafka ? undefined : [await idleMebibytes({ name: 'kafka', jars: kafka })];
    return [
      figureOf({
        part: 'idle-memory',
        name: 'resident with 100 partitions',
        unit: 'MiB',
        values,
        ...(peer === undefined ? {} : { against: { name: 'Apache Kafka', values: peer } }),
        goals: [{ kind: 'atMost', value: 110, of: 'figure' }],
      }),
    ];
  },
};

async function idleMebibytes(product: Product): Promise<number> {
  await using broker = await BrokerProcess.prepare(product);
  broker.spawn();
  const connection = connectTo(broker.port);
  try {
    await firstAcknowledgedRecord(connection, 'first');
    await createTopics(connection, [{ name: 'hundred', partitions: 100 }]);
  } finally {
    connection.close();
  }
  await new Promise((done) => void setTimeout(done, settleMs));
  return residentBytes(broker.pid) / (1 << 20);
}
