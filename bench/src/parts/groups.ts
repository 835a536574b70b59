/**
 * Consumer groups on real brokers, Tidelog and, where it is there, Apache Kafka in turns, spoken to by members that are
 * nothing but the wire: how soon many members come to rest, what a leaving one disturbs, what commits and heartbeats
 * cost, and how a broker that coordinates ten thousand groups is replaced.
 */
import { BrokerProcess } from '../support/broker-process.ts';
import { connectTo, createTopics, firstAcknowledgedRecord } from '../support/client.ts';
import type { Figure } from '../support/figure.ts';
import { untilCoordinated } from '../support/group-requests.ts';
import type { Part } from '../support/part.ts';
import { products } from '../support/products.ts';
import { groupCommits } from './groups/commits.ts';
import { coordinatorFailover } from './groups/failover.ts';
import { groupHeartbeats } from './groups/heartbeats.ts';
import { groupJoins } from './groups/joins.ts';
import { topic } from './groups/subject.ts';

export const groups: Part = {
  name: 'groups',
  about: '100 members join, one leaves; offset commits and heartbeats; failover of a coordinator of 10,000 groups',
  async run(context) {
    await using brokers = new AsyncDisposableStack();
    const running: BrokerProcess[] = [];
    for (const product of products(context, 'consumer groups')) {
      const broker = brokers.use(await BrokerProcess.prepare(product, { 'group.initial.rebalance.delay.ms': 0 }));
      broker.spawn();
      const connection = connectTo(broker.port);
      await firstAcknowledgedRecord(connection, 'warm');
      await createTopics(connection, [topic]);
      await untilCoordinated(connection, 'warm');
      connection.close();
      running.push(broker);
    }
    const figures: Figure[] = [];
    for (const measure of [groupJoins, groupCommits, groupHeartbeats]) {
      figures.push(...(await measure(running, context)));
    }
    await brokers.disposeAsync();
    return [...figures, ...(await coordinatorFailover(context))];
  },
};
