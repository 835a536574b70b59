import { ErrorCode } from '@tidelog/protocol';
import { describe, expect, it } from 'vitest';
import { CoreHarness, type NewTopic } from '../../testing/core-harness.ts';
import { decideCreateTopics } from './create-topics.ts';

function cluster(): CoreHarness {
  const harness = new CoreHarness();
  harness.bringUp([1, 2, 3]);
  return harness;
}

describe('CreateTopics', () => {
  it('creates a topic with its configs and partitions', () => {
    const harness = cluster();
    const configs = { 'retention.ms': '5000' };
    const result = harness.createTopic('t', { numPartitions: 4, replicationFactor: 3, configs });
    expect(result).toMatchObject({ errorCode: ErrorCode.NONE, numPartitions: 4, replicationFactor: 3 });
    const { image } = harness.state;
    expect(image.topics.get('t')?.id).toBe(result.topicId);
    expect([...image.configs.topic('t')]).toEqual([['retention.ms', '5000']]);
    expect(harness.partition('t', 3)).toMatchObject({ leaderEpoch: 0, partitionEpoch: 0, isr: { length: 3 } });
    expect(result.configs?.find(({ name }) => name === 'retention.ms')).toMatchObject({
      value: '5000',
      configSource: 1,
    });
  });

  it('takes the defaults of the configuration for -1', () => {
    const harness = new CoreHarness({ numPartitions: 5, defaultReplicationFactor: 2 });
    harness.bringUp([1, 2]);
    expect(harness.createTopic('t')).toMatchObject({ numPartitions: 5, replicationFactor: 2 });
  });

  it('creates nothing when only asked to validate', () => {
    const harness = cluster();
    expect(harness.createTopic('t', { numPartitions: 2 }, true)).toMatchObject({ errorCode: 0, numPartitions: 2 });
    expect(harness.state.image.topics.get('t')).toBeUndefined();
  });

  const refusals: [string, string, Partial<NewTopic>, ErrorCode][] = [
    ['an empty name', '', {}, ErrorCode.INVALID_TOPIC_EXCEPTION],
    ['a dot', '.', {}, ErrorCode.INVALID_TOPIC_EXCEPTION],
    ['two dots', '..', {}, ErrorCode.INVALID_TOPIC_EXCEPTION],
    ['a path', '../../etc/passwd', {}, ErrorCode.INVALID_TOPIC_EXCEPTION],
    ['a name of 250 characters', 'a'.repeat(250), {}, ErrorCode.INVALID_TOPIC_EXCEPTION],
    ['the metadata topic', '__cluster_metadata', {}, ErrorCode.INVALID_TOPIC_EXCEPTION],
    ['a topic that exists', 'taken', {}, ErrorCode.TOPIC_ALREADY_EXISTS],
    ['a name that collides in metrics', 'a_b', {}, ErrorCode.INVALID_TOPIC_EXCEPTION],
    ['no partitions', 't', { numPartitions: 0 }, ErrorCode.INVALID_PARTITIONS],
    ['fewer partitions than none', 't', { numPartitions: -2 }, ErrorCode.INVALID_PARTITIONS],
    ['no replicas', 't', { replicationFactor: 0 }, ErrorCode.INVALID_REPLICATION_FACTOR],
    ['more replicas than brokers', 't', { replicationFactor: 5 }, ErrorCode.INVALID_REPLICATION_FACTOR],
    ['absurdly many partitions', 't', { numPartitions: 10_001 }, ErrorCode.POLICY_VIOLATION],
    ['an unknown config', 't', { configs: { 'no.such.key': '1' } }, ErrorCode.INVALID_CONFIG],
    ['a config without a value', 't', { configs: { 'retention.ms': null } }, ErrorCode.INVALID_CONFIG],
    ['a config out of range', 't', { configs: { 'segment.bytes': '1' } }, ErrorCode.INVALID_CONFIG],
    ['a count beside an assignment', 't', { assignments: [[1]], numPartitions: 1 }, ErrorCode.INVALID_REQUEST],
    ['a factor beside an assignment', 't', { assignments: [[1]], replicationFactor: 1 }, ErrorCode.INVALID_REQUEST],
    ['an empty replica list', 't', { assignments: [[]] }, ErrorCode.INVALID_REPLICA_ASSIGNMENT],
    ['a replica twice', 't', { assignments: [[1, 1]] }, ErrorCode.INVALID_REPLICA_ASSIGNMENT],
    ['an unknown broker', 't', { assignments: [[1, 9]] }, ErrorCode.INVALID_REPLICA_ASSIGNMENT],
    ['uneven assignments', 't', { assignments: [[1, 2], [1]] }, ErrorCode.INVALID_REPLICA_ASSIGNMENT],
    ['an assignment to fenced brokers only', 't', { assignments: [[4]] }, ErrorCode.INVALID_REPLICA_ASSIGNMENT],
  ];
  it('refuses absurdly many partitions also beside a topic with as many fewer than none', () => {
    const harness = cluster();
    const topic = { replicationFactor: -1, assignments: [], configs: [] };
    const topics = [
      { ...topic, name: 'huge', numPartitions: 10_001 },
      { ...topic, name: 'negative', numPartitions: -10_001 },
    ];
    const request = { topics, timeoutMs: 1, validateOnly: false };
    const response = harness.decide((context) => decideCreateTopics(context, request));
    expect(response.topics.map(({ errorCode }) => errorCode)).toEqual([
      ErrorCode.POLICY_VIOLATION,
      ErrorCode.POLICY_VIOLATION,
    ]);
  });

  it.each(refusals)('refuses %s', (_what, name, topic, errorCode) => {
    const harness = cluster();
    harness.register(4);
    harness.createTopic('taken');
    harness.createTopic('a.b');
    const before = harness.nextOffset;
    const result = harness.createTopic(name, topic);
    expect(result.errorCode).toBe(errorCode);
    expect(result.errorMessage).not.toBe('');
    expect(harness.nextOffset).toBe(before);
  });

  it('refuses a replication factor when all brokers are fenced', () => {
    const harness = new CoreHarness();
    harness.register(1);
    expect(harness.createTopic('t').errorCode).toBe(ErrorCode.INVALID_REPLICATION_FACTOR);
  });

  it('refuses partitions that are assigned twice, or not from zero on', () => {
    const create = (...indexes: number[]): number | undefined => {
      const assignments = indexes.map((partitionIndex) => ({ partitionIndex, brokerIds: [1] }));
      const topic = { name: 't', numPartitions: -1, replicationFactor: -1, assignments, configs: [] };
      const request = { topics: [topic], timeoutMs: 1, validateOnly: false };
      return decideCreateTopics(cluster().context, request).response.topics[0]?.errorCode;
    };
    expect(create(0, 0)).toBe(ErrorCode.INVALID_REPLICA_ASSIGNMENT);
    expect(create(1, 2)).toBe(ErrorCode.INVALID_REPLICA_ASSIGNMENT);
    expect(create(1, 0)).toBe(ErrorCode.NONE);
  });

  it('answers a name that comes twice once, and refuses it', () => {
    const topic = { name: 't', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
    const request = { topics: [topic, topic, { ...topic, name: 'u' }], timeoutMs: 1, validateOnly: false };
    const { response } = decideCreateTopics(cluster().context, request);
    expect(response.topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ['t', ErrorCode.INVALID_REQUEST],
      ['u', ErrorCode.NONE],
    ]);
  });

  it('refuses topics of one request that collide with each other', () => {
    const topic = { name: 'x.y', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
    const request = { topics: [topic, { ...topic, name: 'x_y' }], timeoutMs: 1, validateOnly: false };
    const { response } = decideCreateTopics(cluster().context, request);
    expect(response.topics.map(({ errorCode }) => errorCode)).toEqual([0, ErrorCode.INVALID_TOPIC_EXCEPTION]);
  });

  it('places no first leader on a fenced broker', () => {
    const harness = cluster();
    harness.register(4);
    for (let i = 0; i < 20; i++) harness.createTopic(`t${i}`, { replicationFactor: 4 });
    for (let i = 0; i < 20; i++) {
      const { leader, isr, replicas } = harness.partition(`t${i}`);
      expect(replicas).toContain(4);
      expect(isr).not.toContain(4);
      expect(leader).toBe(isr[0]);
    }
  });
});
