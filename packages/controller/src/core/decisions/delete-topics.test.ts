import { zeroUuid } from '@tidelog/core';
import { ErrorCode } from '@tidelog/protocol';
import { describe, expect, it } from 'vitest';
import { CoreHarness } from '../../testing/core-harness.ts';
import { decideDeleteTopics } from './delete-topics.ts';

interface Named {
  readonly name: string | null;
  readonly topicId: string;
}

function cluster(deleteTopicEnable = true): CoreHarness {
  const harness = new CoreHarness({ deleteTopicEnable });
  harness.bringUp([1]);
  harness.createTopic('t', { configs: { 'retention.ms': '1' } });
  return harness;
}

function remove(harness: CoreHarness, topics: Named[], apiVersion = 6): number[] {
  const request = { topics, topicNames: [], timeoutMs: 1 };
  const { responses } = harness.decide((context) => decideDeleteTopics(context, request, apiVersion));
  return responses.map(({ errorCode }) => errorCode);
}

describe('DeleteTopics', () => {
  it('deletes by name, with partitions and configs', () => {
    const harness = cluster();
    expect(remove(harness, [{ name: 't', topicId: zeroUuid }])).toEqual([0]);
    const { image, index } = harness.state;
    expect(image.topics.get('t')).toBeUndefined();
    expect(image.configs.topic('t').size).toBe(0);
    expect([index.partitionCount, index.leaderships(1), index.topicsOn(1)]).toEqual([0, 0, []]);
  });

  it('deletes by id', () => {
    const harness = cluster();
    expect(remove(harness, [{ name: null, topicId: harness.state.image.topics.get('t')?.id ?? '' }])).toEqual([0]);
    expect(harness.state.image.topics.size).toBe(0);
  });

  it('lets the name be used again, by another topic', () => {
    const harness = cluster();
    const former = harness.state.image.topics.get('t')?.id;
    remove(harness, [{ name: 't', topicId: zeroUuid }]);
    expect(harness.createTopic('t').topicId).not.toBe(former);
  });

  it('takes the names of old versions', () => {
    const harness = cluster();
    const request = { topics: [], topicNames: ['t', 'u'], timeoutMs: 1 };
    const { responses } = harness.decide((context) => decideDeleteTopics(context, request, 5));
    expect(responses.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ['t', 0],
      ['u', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ]);
  });

  const id = 'KAFKAKAFKAKAFKAKAFKAKA';
  const refusals: [string, Named[], ErrorCode[]][] = [
    ['an unknown name', [{ name: 'u', topicId: zeroUuid }], [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]],
    ['an unknown id', [{ name: null, topicId: id }], [ErrorCode.UNKNOWN_TOPIC_ID]],
    ['neither name nor id', [{ name: null, topicId: zeroUuid }], [ErrorCode.INVALID_REQUEST]],
    ['name and id', [{ name: 't', topicId: id }], [ErrorCode.INVALID_REQUEST]],
    [
      'a name twice',
      [
        { name: 't', topicId: zeroUuid },
        { name: 't', topicId: zeroUuid },
      ],
      [ErrorCode.INVALID_REQUEST, ErrorCode.INVALID_REQUEST],
    ],
  ];
  it.each(refusals)('refuses %s', (_what, topics, errorCodes) => {
    const harness = cluster();
    expect(remove(harness, topics)).toEqual(errorCodes);
    expect(harness.state.image.topics.size).toBe(1);
  });

  it('refuses everything when deletion is disabled', () => {
    expect(remove(cluster(false), [{ name: 't', topicId: zeroUuid }])).toEqual([ErrorCode.TOPIC_DELETION_DISABLED]);
    expect(remove(cluster(false), [{ name: 't', topicId: zeroUuid }], 2)).toEqual([ErrorCode.INVALID_REQUEST]);
  });
});
