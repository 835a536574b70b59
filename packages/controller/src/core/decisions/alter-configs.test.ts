import { ErrorCode } from '@tidelog/protocol';
import { describe, expect, it } from 'vitest';
import { CoreHarness } from '../../testing/core-harness.ts';
import { ConfigOperation } from '../config-changes.ts';
import { decideAlterConfigs, decideIncrementalAlterConfigs } from './alter-configs.ts';

const { SET, DELETE, APPEND, SUBTRACT } = ConfigOperation;
const [TOPIC, BROKER] = [2, 4];

type Change = readonly [name: string, operation: number, value: string | null];

function cluster(): CoreHarness {
  const harness = new CoreHarness();
  harness.bringUp([1, 2]);
  harness.createTopic('t', { assignments: [[1, 2]], configs: { 'retention.ms': '1000', 'cleanup.policy': 'compact' } });
  return harness;
}

function alter(harness: CoreHarness, resourceType: number, resourceName: string, ...changes: Change[]): number {
  const configs = changes.map(([name, configOperation, value]) => ({ name, configOperation, value }));
  const request = { resources: [{ resourceType, resourceName, configs }], validateOnly: false };
  const { responses } = harness.decide((context) => decideIncrementalAlterConfigs(context, request));
  return responses[0]?.errorCode ?? -1;
}

const topicConfigs = (harness: CoreHarness): unknown => Object.fromEntries(harness.state.image.configs.topic('t'));

describe('IncrementalAlterConfigs', () => {
  it('sets, deletes, appends and subtracts', () => {
    const harness = cluster();
    expect(alter(harness, TOPIC, 't', ['retention.ms', SET, '2000'], ['cleanup.policy', APPEND, 'delete'])).toBe(0);
    expect(topicConfigs(harness)).toEqual({ 'retention.ms': '2000', 'cleanup.policy': 'compact,delete' });
    expect(alter(harness, TOPIC, 't', ['retention.ms', DELETE, null], ['cleanup.policy', SUBTRACT, 'compact'])).toBe(0);
    expect(topicConfigs(harness)).toEqual({ 'cleanup.policy': 'delete' });
  });

  it('appends to the default of a list that is not set', () => {
    const harness = cluster();
    alter(harness, TOPIC, 't', ['cleanup.policy', DELETE, null]);
    alter(harness, TOPIC, 't', ['cleanup.policy', APPEND, 'compact']);
    expect(topicConfigs(harness)).toMatchObject({ 'cleanup.policy': 'delete,compact' });
  });

  it('writes nothing for what is so already', () => {
    const harness = cluster();
    const before = harness.nextOffset;
    expect(alter(harness, TOPIC, 't', ['retention.ms', SET, '1000'])).toBe(0);
    expect(harness.nextOffset).toBe(before);
  });

  it('sets dynamic configs of one broker and of all', () => {
    const harness = cluster();
    expect(alter(harness, BROKER, '1', ['log.cleaner.threads', SET, '2'])).toBe(0);
    expect(alter(harness, BROKER, '', ['message.max.bytes', SET, '2000000'])).toBe(0);
    expect(harness.state.image.configs.broker(1).get('log.cleaner.threads')).toBe('2');
    expect(harness.state.image.configs.clusterDefault().get('message.max.bytes')).toBe('2000000');
  });

  const refusals: [string, number, string, Change[], ErrorCode][] = [
    ['an unknown topic', TOPIC, 'u', [['retention.ms', SET, '1']], ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ['an unknown broker', BROKER, '9', [['log.cleaner.threads', SET, '2']], ErrorCode.BROKER_ID_NOT_REGISTERED],
    ['a broker that is no number', BROKER, 'x', [['log.cleaner.threads', SET, '2']], ErrorCode.INVALID_REQUEST],
    ['broker loggers', 8, '1', [['root', SET, 'INFO']], ErrorCode.INVALID_REQUEST],
    ['an unknown resource type', 77, 'x', [['root', SET, 'INFO']], ErrorCode.INVALID_REQUEST],
    ['an unknown key', TOPIC, 't', [['no.such.key', SET, '1']], ErrorCode.INVALID_CONFIG],
    ['a bad value', TOPIC, 't', [['retention.ms', SET, 'soon']], ErrorCode.INVALID_CONFIG],
    ['no value', TOPIC, 't', [['retention.ms', SET, null]], ErrorCode.INVALID_REQUEST],
    [
      'a key twice',
      TOPIC,
      't',
      [
        ['retention.ms', SET, '1'],
        ['retention.ms', DELETE, null],
      ],
      ErrorCode.INVALID_REQUEST,
    ],
    ['an unknown operation', TOPIC, 't', [['retention.ms', 9, '1']], ErrorCode.INVALID_REQUEST],
    ['to append to a number', TOPIC, 't', [['retention.ms', APPEND, '1']], ErrorCode.INVALID_CONFIG],
    ['a read-only broker key', BROKER, '1', [['log.dirs', SET, '/x']], ErrorCode.INVALID_CONFIG],
    ['min.insync.replicas of one broker', BROKER, '1', [['min.insync.replicas', SET, '1']], ErrorCode.INVALID_CONFIG],
    ['to remove the cluster min ISR', BROKER, '', [['min.insync.replicas', DELETE, null]], ErrorCode.INVALID_CONFIG],
  ];
  it.each(refusals)('refuses %s, and changes nothing', (_what, type, name, changes, errorCode) => {
    const harness = cluster();
    const before = harness.nextOffset;
    expect(alter(harness, type, name, ...changes)).toBe(errorCode);
    expect(harness.nextOffset).toBe(before);
  });

  it('refuses a resource that comes twice', () => {
    const resource = { resourceType: TOPIC, resourceName: 't', configs: [] };
    const request = { resources: [resource, resource], validateOnly: false };
    const { responses } = decideIncrementalAlterConfigs(cluster().context, request).response;
    expect(responses.map(({ errorCode }) => errorCode)).toEqual([ErrorCode.INVALID_REQUEST, ErrorCode.INVALID_REQUEST]);
  });

  it.each([
    ['the topic', TOPIC, 't'],
    ['the cluster', BROKER, ''],
  ])('makes nobody eligible any more when %s asks for fewer replicas in sync', (_what, type, name) => {
    const harness = new CoreHarness({ staticConfigs: new Map([['min.insync.replicas', '2']]) });
    harness.bringUp([1, 2]);
    harness.createTopic('t', { assignments: [[1, 2]] });
    harness.silence(2);
    expect(harness.partition('t')).toMatchObject({ isr: [1], elr: [2] });
    expect(alter(harness, type, name, ['min.insync.replicas', SET, '1'])).toBe(0);
    expect(harness.partition('t')).toMatchObject({ isr: [1], elr: [] });
  });
});

describe('AlterConfigs', () => {
  it('replaces all configs of a resource', () => {
    const harness = cluster();
    const configs = [{ name: 'segment.ms', value: '60000' }];
    const request = { resources: [{ resourceType: TOPIC, resourceName: 't', configs }], validateOnly: false };
    harness.decide((context) => decideAlterConfigs(context, request));
    expect(topicConfigs(harness)).toEqual({ 'segment.ms': '60000' });
  });

  it('changes nothing when only asked to validate', () => {
    const harness = cluster();
    const request = { resources: [{ resourceType: TOPIC, resourceName: 't', configs: [] }], validateOnly: true };
    expect(decideAlterConfigs(harness.context, request).records).toEqual([]);
  });
});
