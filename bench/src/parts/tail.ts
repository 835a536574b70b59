/** A consumer at the end of a log is served from memory: a steady run of producing and consuming reads no file. */
import type { LoadOrder, LoadResult } from '../programs/load.ts';
import { BrokerProcess, tidelog } from '../support/broker-process.ts';
import { connectTo, createTopics, firstAcknowledgedRecord } from '../support/client.ts';
import { figureOf } from '../support/figure.ts';
import { Forked } from '../support/forked.ts';
import type { Part } from '../support/part.ts';
import { scrape } from '../support/scrape.ts';

const fileReads = 'tidelog_log_file_reads_total';
const shape = { recordBytes: 1024, requestBytes: 16 << 10 };

export const tail: Part = {
  name: 'tail',
  about: 'a consumer at the end of the log reads no file',
  async run({ rounds }) {
    await using broker = await BrokerProcess.prepare(tidelog);
    using producer = new Forked('load.ts');
    using consumer = new Forked('load.ts');
    broker.spawn();
    const connection = connectTo(broker.port);
    await firstAcknowledgedRecord(connection, 'warm');
    const reads: number[] = [];
    const rates: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const topic = `tail-${round}`;
      await createTopics(connection, [{ name: topic, partitions: 1 }]);
      const before = await scrape(broker.httpPort, fileReads);
      const order = { port: broker.port, topic, shape, requests: 4000 };
      const produce: LoadOrder = { ...order, kind: 'produce', inFlight: 16, perSecond: 2000 };
      const fetch: LoadOrder = { ...order, kind: 'fetch', inFlight: 1 };
      const [, { bytes, seconds }] = await Promise.all([
        producer.ask<LoadResult>(produce),
        consumer.ask<LoadResult>(fetch),
      ]);
      reads.push((await scrape(broker.httpPort, fileReads)) - before);
      rates.push(bytes / (1 << 20) / seconds);
    }
    connection.close();
    const part = 'tail';
    return [
      figureOf({ part, name: 'consumed while produced', unit: 'MiB/s', values: rates }),
      figureOf({
        part,
        name: 'file reads meanwhile',
        unit: 'reads',
        values: reads,
        goals: [{ kind: 'atMost', value: 0, of: 'figure' }],
      }),
    ];
  },
};
