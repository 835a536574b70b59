import { expect, test } from 'vitest';
import { MetadataDelta } from '../delta/metadata-delta.ts';
import { ConfigResourceType, type ConfigsImage } from '../image/configs-image.ts';
import {
  ConfigSource,
  effectiveBrokerConfig,
  effectiveBrokerValue,
  effectiveGroupConfig,
  effectiveTopicConfig,
  type ConfigContext,
} from './effective-config.ts';
import { cleanerConfigOf } from './cleaner-config.ts';
import { logConfigOf } from './log-config.ts';

const { TOPIC, BROKER, GROUP } = ConfigResourceType;

function configs(...records: [number, string, string, string][]): ConfigsImage {
  const delta = new MetadataDelta();
  for (const [resourceType, resourceName, name, value] of records) {
    delta.replay({ type: 'config', resourceType, resourceName, name, value });
  }
  return delta.apply({ offset: 0, epoch: 0 }).configs;
}

function context(image: ConfigsImage, staticConfig: Record<string, string> = {}): ConfigContext {
  return { configs: image, brokerId: 1, staticConfig: new Map(Object.entries(staticConfig)) };
}

test('a topic value comes from the topic, this broker, all brokers, the file, the default, in this order', () => {
  const key = 'log.segment.bytes';
  const layers: [number, string, string, string][] = [
    [BROKER, '', key, '3000000'],
    [BROKER, '1', key, '2000000'],
    [TOPIC, 't', 'segment.bytes', '1048576'],
  ];
  const seen = [0, 1, 2, 3].map((count) => {
    const image = configs([BROKER, '2', key, '7000000'], ...layers.slice(0, count));
    const effective = effectiveTopicConfig(context(image, { [key]: '4000000' }), 't').get('segment.bytes');
    return [effective?.value, effective?.source];
  });
  expect(seen).toEqual([
    ['4000000', ConfigSource.STATIC_BROKER_CONFIG],
    ['3000000', ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG],
    ['2000000', ConfigSource.DYNAMIC_BROKER_CONFIG],
    ['1048576', ConfigSource.DYNAMIC_TOPIC_CONFIG],
  ]);
});

test('synonyms are all values that it could have been, the one that it is first', () => {
  const image = configs([BROKER, '', 'log.segment.bytes', '3000000'], [TOPIC, 't', 'segment.bytes', '1048576']);
  const effective = effectiveTopicConfig(context(image), 't').get('segment.bytes');
  expect(effective?.synonyms).toEqual([
    { name: 'segment.bytes', value: '1048576', source: 1 },
    { name: 'log.segment.bytes', value: '3000000', source: 3 },
    { name: 'log.segment.bytes', value: '1073741824', source: 5 },
  ]);
});

test.each([
  [{}, '604800000', ConfigSource.DEFAULT_CONFIG],
  [{ 'log.retention.hours': '2' }, '7200000', ConfigSource.STATIC_BROKER_CONFIG],
  [{ 'log.retention.hours': '2', 'log.retention.minutes': '3' }, '180000', ConfigSource.STATIC_BROKER_CONFIG],
  [{ 'log.retention.minutes': '3', 'log.retention.ms': '4' }, '4', ConfigSource.STATIC_BROKER_CONFIG],
  [{ 'log.retention.hours': '-1' }, '-1', ConfigSource.STATIC_BROKER_CONFIG],
] as [Record<string, string>, string, number][])('retention.ms with %j is %s', (staticConfig, value, source) => {
  const effective = effectiveTopicConfig(context(configs(), staticConfig), 't').get('retention.ms');
  expect([effective?.value, effective?.source]).toEqual([value, source]);
});

test('a broker shows its own keys, and listener keys where they are set', () => {
  const image = configs(
    [BROKER, '1', 'listener.name.internal.ssl.keystore.location', '/k'],
    [BROKER, '', 'log.cleaner.threads', '2'],
  );
  const effective = effectiveBrokerConfig(context(image, { 'node.id': '1' }));
  expect(effective.get('listener.name.internal.ssl.keystore.location')?.value).toBe('/k');
  expect(effective.get('log.cleaner.threads')).toMatchObject({ value: '2', source: 3 });
  expect(effective.get('log.cleaner.threads')?.synonyms).toHaveLength(2);
  expect(effective.get('node.id')).toMatchObject({ value: '1', source: 4 });
  expect(effective.get('broker.rack')).toMatchObject({ value: null, source: 5, synonyms: [] });
});

test('a controller sees no per-broker values', () => {
  const image = configs([BROKER, '1', 'min.insync.replicas', '2']);
  expect(effectiveBrokerValue(context(image), 'min.insync.replicas')).toBe('2');
  expect(effectiveBrokerValue({ ...context(image), brokerId: -1 }, 'min.insync.replicas')).toBe('1');
});

test('a group takes its defaults from the broker', () => {
  const image = configs([GROUP, 'g', 'consumer.heartbeat.interval.ms', '7000']);
  const effective = effectiveGroupConfig(context(image, { 'group.consumer.session.timeout.ms': '50000' }), 'g');
  expect(effective.get('consumer.heartbeat.interval.ms')).toMatchObject({ value: '7000', source: 8 });
  expect(effective.get('consumer.session.timeout.ms')).toMatchObject({ value: '50000', source: 4 });
  expect(effective.get('share.isolation.level')).toMatchObject({ value: 'read_uncommitted', source: 5 });
});

test('the log gets numbers, with Infinity for no limit', () => {
  const image = configs([TOPIC, 't', 'compression.type', 'zstd'], [TOPIC, 't', 'cleanup.policy', 'compact,delete']);
  const config = logConfigOf(effectiveTopicConfig(context(image, { 'log.flush.before.ack': 'true' }), 't'));
  expect(config).toMatchObject({
    segmentBytes: 1_073_741_824,
    retentionMs: 604_800_000,
    retentionBytes: -1,
    cleanupPolicy: ['compact', 'delete'],
    compressionType: 'zstd',
    compressionLevel: 3,
    flushMs: Infinity,
    flushMessages: Infinity,
    messageTimestampBeforeMaxMs: Infinity,
    minCleanableDirtyRatio: 0.5,
    flushBeforeAck: true,
  });
});

test('a value that this build does not allow gives way to the default', () => {
  const image = configs([TOPIC, 't', 'segment.bytes', 'huge']);
  expect(logConfigOf(effectiveTopicConfig(context(image), 't')).segmentBytes).toBe(1_073_741_824);
});

test('the cleaner takes what is set dynamically over the file, and the default where the text is no value', () => {
  const image = configs([BROKER, '', 'log.cleaner.io.max.bytes.per.second', '1000.5']);
  const file = { 'log.cleaner.io.max.bytes.per.second': '5', 'log.cleaner.backoff.ms': 'soon' };
  expect(cleanerConfigOf(effectiveBrokerConfig(context(image, file)))).toEqual({
    backoffMs: 15_000,
    dedupeBufferBytes: 134_217_728,
    loadFactor: 0.9,
    ioBufferBytes: 524_288,
    ioMaxBytesPerSecond: 1000.5,
  });
});
