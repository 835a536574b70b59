import { createNodeWorld, silentLogger } from '@tidelog/core';
import { emptyMetadataImage } from '@tidelog/metadata';
import { ErrorCode, type ResponseOf } from '@tidelog/protocol';
import { expect, test } from 'vitest';
import { TopicCreation } from './topic-creation.ts';

test('a topic that no image ever showed is asked for again once nobody waits for it any more', async () => {
  let asked = 0;
  const creation = new TopicCreation({
    world: createNodeWorld(),
    logger: silentLogger,
    controller: {
      send: (api) => {
        asked++;
        return Promise.resolve({ topics: [{ errorCode: ErrorCode.NONE }] } as unknown as ResponseOf<typeof api>);
      },
    },
    image: () => emptyMetadataImage,
    waitMs: 20,
  });
  const spec = { name: 'fleeting', numPartitions: -1, replicationFactor: -1, configs: [] };
  const both = [creation.ensure(spec), creation.ensure(spec)];
  expect(await Promise.all(both)).toEqual([ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]);
  expect(asked).toBe(1);
  await creation.ensure(spec);
  expect(asked).toBe(2);
});
