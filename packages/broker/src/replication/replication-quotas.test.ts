import { afterEach, expect, test } from 'vitest';
import { ErrorCode } from '@tidelog/protocol';
import { pause, produce, until } from '../testing/client.ts';
import { TestCluster } from '../testing/test-cluster.ts';

const topicId = 'TTTTTTTTTTTTTTTTTTTTTQ';
const records = 20;
let cluster: TestCluster;

afterEach(() => cluster.stop());

function configure(resourceType: number, resourceName: string, name: string, value: string | null): void {
  cluster.controller.commit({ type: 'config', resourceType, resourceName, name, value });
}

function endOf(nodeId: number): number {
  return cluster.broker(nodeId).replicas.get('events', 0)?.logEndOffset ?? -1;
}

/** Broker 2 is away while broker 1 takes records of 10 kB, and comes back with one byte a second allowed to a side. */
async function start(side: 'leader' | 'follower', throttledReplicas: string): Promise<void> {
  const replication = { replicaFetchMaxBytes: 15_000, replicaFetchWaitMaxMs: 20, replicaFetchBackoffMs: 20 };
  cluster = await TestCluster.start({ brokers: 2, replication });
  cluster.controller.createTopic({ name: 'events', topicId, replicas: [[1, 2]] });
  configure(2, 'events', `${side}.replication.throttled.replicas`, throttledReplicas);
  configure(4, '', `${side}.replication.throttled.rate`, '1');
  const away = await cluster.stopBroker(2);
  cluster.controller.elect(topicId, 0, { leader: 1, isr: [1] });
  for (let n = 0; n < records; n++) await produce(cluster.broker(1), { topicId, values: ['x'.repeat(10_000)] });
  await cluster.startBroker(2, away);
}

test.each(['leader', 'follower'] as const)(
  'a throttled replica that is behind is held back by its %s',
  async (side) => {
    await start(side, '*');
    await until(() => endOf(2) > 0, 'the first records');
    await pause(300);
    expect(endOf(2)).toBeLessThan(records);
    configure(4, '', `${side}.replication.throttled.rate`, null);
    await until(() => endOf(2) === records, 'the rest, once the quota is lifted');
  },
);

test.each([
  ['leader', '0:2,1:1'],
  ['follower', '0:1,1:2'],
] as const)('replicas that the list of the %s does not name are not held back', async (side, list) => {
  await start(side, list);
  await until(() => endOf(2) === records, 'all records');
});

test.each(['leader', 'follower'] as const)('a replica that is in sync is not held back by its %s', async (side) => {
  await start(side, `0:${side === 'leader' ? 1 : 2}`);
  await until(() => endOf(2) > 0, 'the first records');
  configure(2, 'events', `${side}.replication.throttled.replicas`, null);
  await until(() => cluster.controller.image.topics.partition(topicId, 0)?.isr.length === 2, 'the follower');
  configure(2, 'events', `${side}.replication.throttled.replicas`, '*');
  for (let n = 0; n < 3; n++) {
    const answer = await produce(cluster.broker(1), { topicId, timeoutMs: 10_000 });
    expect(answer.errorCode).toBe(ErrorCode.NONE);
  }
});
