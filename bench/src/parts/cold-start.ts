/** From the spawn of a process on formatted storage to the first acknowledged record, topic creation included. */
import { BrokerProcess, tidelog, type Product } from '../support/broker-process.ts';
import { connectTo, firstAcknowledgedRecord } from '../support/client.ts';
import { figureOf, type Figure } from '../support/figure.ts';
import { findKafka } from '../support/kafka-jars.ts';
import type { Part } from '../support/part.ts';

export const coldStart: Part = {
  name: 'cold-start',
  about: 'spawn of one broker to its first acknowledged record',
  async run({ rounds, skip }) {
    const kafka = findKafka();
    if ('missing' in kafka) skip(`Apache Kafka's cold start: ${kafka.missing}`);
    await using ours = await BrokerProcess.prepare(tidelog);
    const own: number[] = [];
    // The first start fills V8's compile cache, as the first start after an installation does.
    await startOnce(ours);
    if ('missing' in kafka) {
      for (let i = 0; i < rounds * 3; i++) own.push(await startOnce(ours));
      return [figure(own, undefined)];
    }
    const peer: Product = { name: 'kafka', jars: kafka };
    await using theirs = await BrokerProcess.prepare(peer);
    const other: number[] = [];
    for (let i = 0; i < rounds; i++) {
      other.push(await startOnce(theirs));
      for (let j = 0; j < 3; j++) own.push(await startOnce(ours));
    }
    return [figure(own, other)];
  },
};

function figure(values: readonly number[], kafka: readonly number[] | undefined): Figure {
  return figureOf({
    part: 'cold-start',
    name: 'spawn to first acknowledged record',
    unit: 'ms',
    values,
    ...(kafka === undefined ? {} : { against: { name: 'Apache Kafka', values: kafka } }),
    goals: [
      { kind: 'atMost', value: 400, of: 'figure' },
      ...(kafka === undefined ? [] : ([{ kind: 'atMost', value: 0.2, of: 'ratio' }] as const)),
    ],
  });
}

async function startOnce(broker: BrokerProcess): Promise<number> {
  broker.reset();
  const connection = connectTo(broker.port);
  const startedAt = performance.now();
  broker.spawn();
  try {
    await firstAcknowledgedRecord(connection, 'first');
    return performance.now() - startedAt;
  } finally {
    connection.close();
    await broker.stop('SIGTERM');
  }
}
