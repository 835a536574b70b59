import { createNodeWorld, randomUuid, silentLogger } from '@tidelog/core';
import type { AssignReplicasToDirs, RequestOf, ResponseOf } from '@tidelog/protocol';
import { expect, test } from 'vitest';
import type { ControllerChannel } from '../channels.ts';
import { until } from '../testing/client.ts';
import { DirectoryAssignments } from './directory-assignments.ts';

test('thousands of replicas are reported in parts, one after the other without a pause', async () => {
  const world = createNodeWorld();
  const reported: number[][] = [];
  const controller: ControllerChannel = {
    send: (api, request) => {
      const { directories } = request as unknown as RequestOf<typeof AssignReplicasToDirs>;
      reported.push(directories.flatMap(({ topics }) => topics).flatMap(({ partitions }) => partitions.map(indexOf)));
      return Promise.resolve({ errorCode: 0, directories: [] } as unknown as ResponseOf<typeof api>);
    },
  };
  const assignments = new DirectoryAssignments({
    world,
    logger: silentLogger,
    controller,
    nodeId: 1,
    brokerEpoch: () => 1,
  });
  const [topicId, directoryId] = [randomUuid(world.random), randomUuid(world.random)];
  for (let partition = 0; partition < 2400; partition++) assignments.report({ topicId, partition, directoryId });
  await until(() => reported.flat().length === 2400, 'the last report', 1500);
  expect(Math.max(...reported.map(({ length }) => length))).toBeLessThanOrEqual(500);
  expect(reported.flat()).toEqual(Array.from({ length: 2400 }, (_, partition) => partition));
  assignments.close();
});

function indexOf({ partitionIndex }: { readonly partitionIndex: number }): number {
  return partitionIndex;
}
