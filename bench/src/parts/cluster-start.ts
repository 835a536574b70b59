/**
 * Three brokers up from nothing: as processes on formatted storage, from the spawn to a record that all three hold, and
 * in the process of a test, from the call of `createCluster` to three brokers that serve.
 */
import type { CreateClusterResult } from '../programs/create-cluster.ts';
import type { Product } from '../support/broker-process.ts';
import { ClusterClient, SteadyProducer } from '../support/cluster-client.ts';
import { ClusterProcesses } from '../support/cluster-processes.ts';
import { atMost, figureOf } from '../support/figure.ts';
import { Forked } from '../support/forked.ts';
import type { Part } from '../support/part.ts';
import { products, Turns } from '../support/products.ts';

const part = 'cluster-start';

export const clusterStart: Part = {
  name: part,
  about: 'three brokers from nothing to an acks=all record; createCluster in a process of its own',
  async run(context) {
    const turns = new Turns<number>();
    const compared = products(context, 'the start of three brokers');
    for (let round = 0; round < context.rounds; round++) {
      for (const product of compared) {
        const tookMs = await processesFromNothing(product);
        context.note(`${product.name}: ${Math.round(tookMs)} ms`);
        turns.add(product.name, tookMs);
      }
    }
    const inProcess: number[] = [];
    for (let round = 0; round < context.rounds * 2; round++) {
      using program = new Forked('create-cluster.ts');
      const { tookMs } = await program.next<CreateClusterResult>();
      inProcess.push(tookMs);
    }
    return [
      figureOf({
        part,
        name: 'three processes: spawn to an acks=all record',
        unit: 'ms',
        ...turns.figures((tookMs) => tookMs),
        goals: atMost(1500),
      }),
      figureOf({
        part,
        name: 'createCluster({ brokers: 3 }), imported',
        unit: 'ms',
        values: inProcess,
        goals: atMost(300),
      }),
    ];
  },
};

async function processesFromNothing(product: Product): Promise<number> {
  await using cluster = await ClusterProcesses.prepare(product);
  using client = new ClusterClient(cluster);
  const from = performance.now();
  for (const { id } of cluster.nodes) cluster.start(id);
  await client.createTopic('first', [1, 2, 3]);
  const producer = new SteadyProducer(client, 'first');
  await producer.more(1);
  const tookMs = (producer.acknowledgedAt[0] ?? Number.NaN) - from;
  await producer.stop();
  return tookMs;
}
