import { createNodeWorld, silentLogger } from '@tidelog/core';
import { bind } from '@tidelog/net';
import { ErrorCode, FindCoordinator, type ResponseOf } from '@tidelog/protocol';
import { expect, test } from 'vitest';
import { allowAll } from '../authorizer.ts';
import { TestController } from '../testing/test-controller.ts';
import { TopicCreation } from '../topics/topic-creation.ts';
import { findCoordinator } from './find-coordinator.ts';

const world = createNodeWorld();

/** Asks broker 1, which leads every partition of the topic, and serves them from the given look on. */
async function find(servesFrom: number): Promise<ResponseOf<typeof FindCoordinator>['coordinators'][number]> {
  const cluster = new TestController();
  cluster.registerBroker(1, 100);
  cluster.createTopic({ name: '__consumer_offsets', topicId: 'OOOOOOOOOOOOOOOOOOOOOQ', replicas: [[1], [1]] });
  const image = (): TestController['image'] => cluster.image;
  const controller = { send: () => Promise.reject(new Error('nothing is to be created')) };
  let looks = 0;
  const bound = bind(findCoordinator, {
    world,
    image,
    nodeId: 1,
    authorizer: allowAll,
    topicCreation: new TopicCreation({ world, logger: silentLogger, controller, image, waitMs: 100 }),
    coordinatorTopics: new Map([
      [0, { name: '__consumer_offsets', numPartitions: 2, replicationFactor: 1, configs: [] }],
    ]),
    serves: () => ++looks >= servesFrom,
  });
  const asked = FindCoordinator.request.encode({ keyType: 0, coordinatorKeys: ['group'] }, 6);
  const context = { apiVersion: 6, listenerName: 'PLAINTEXT' };
  const response = await bound.handle(FindCoordinator.request.decode(asked, 6) as never, context as never);
  const found = FindCoordinator.response.decode(FindCoordinator.response.encode(response as never, 6), 6);
  return found.coordinators[0] as (typeof found.coordinators)[number];
}

test('a coordinator on this broker that has loaded is found', async () => {
  expect(await find(1)).toMatchObject({ errorCode: ErrorCode.NONE, nodeId: 1, host: 'broker-1' });
});

test('one that has almost loaded is waited for', async () => {
  expect(await find(4)).toMatchObject({ errorCode: ErrorCode.NONE, nodeId: 1 });
});

test('one that goes on loading is not available, so that nobody is sent to it yet', async () => {
  expect(await find(Infinity)).toMatchObject({ errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, nodeId: -1 });
});
