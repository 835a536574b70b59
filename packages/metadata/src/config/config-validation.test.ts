import { expect, test } from 'vitest';
import { ConfigsImage } from '../image/configs-image.ts';
import {
  ignoredKeys,
  parseBrokerConfig,
  validateClientMetricsConfig,
  validateDynamicBrokerConfig,
  validateGroupConfig,
  validateTopicConfig,
} from './config-validation.ts';

function texts(object: Record<string, string>): ReadonlyMap<string, string> {
  return new Map(Object.entries(object));
}

const node = { 'node.id': '1', 'process.roles': 'broker,controller', 'controller.listener.names': 'CONTROLLER' };

test('a topic config is parsed, or refused for its first offence', () => {
  expect(validateTopicConfig(texts({ 'retention.ms': '5' })).get('retention.ms')).toBe(5);
  expect(() => validateTopicConfig(texts({ 'retention.m': '5' }))).toThrow(
    'Unknown topic config name: retention.m (did you mean retention.ms?)',
  );
  expect(() => validateTopicConfig(texts({ 'max.compaction.lag.ms': '5', 'min.compaction.lag.ms': '6' }))).toThrow(
    'conflict topic config setting min.compaction.lag.ms (6) > max.compaction.lag.ms (5)',
  );
  expect(() => validateTopicConfig(texts({ 'remote.storage.enable': 'true' }))).toThrow(/Tiered Storage/);
});

test('broker configs change only as their update mode says', () => {
  const one = { clusterDefault: false };
  const all = { clusterDefault: true };
  expect(validateDynamicBrokerConfig(texts({ 'log.cleaner.backoff.ms': '9' }), all).size).toBe(1);
  expect(validateDynamicBrokerConfig(texts({ 'ssl.keystore.location': '/k' }), one).size).toBe(1);
  expect(() => validateDynamicBrokerConfig(texts({ 'ssl.keystore.location': '/k' }), all)).toThrow(/name a broker/);
  expect(() => validateDynamicBrokerConfig(texts({ 'node.id': '2' }), one)).toThrow(/Cannot update .* dynamically/);
  expect(() => validateDynamicBrokerConfig(texts({ 'log.cleaner.backof.ms': '9' }), one)).toThrow(/did you mean/);
});

test('a group stays within the bounds of the broker', () => {
  const bounds = { configs: ConfigsImage.empty, brokerId: -1, staticConfig: texts({}) };
  expect(validateGroupConfig(texts({ 'consumer.session.timeout.ms': '50000' }), bounds).size).toBe(1);
  expect(() => validateGroupConfig(texts({ 'consumer.session.timeout.ms': '70000' }), bounds)).toThrow(
    'consumer.session.timeout.ms must be less than or equal to group.consumer.max.session.timeout.ms (60000)',
  );
  expect(() => validateGroupConfig(texts({ 'share.session.timeout.ms': '6000' }), bounds)).toThrow(
    /greater than or equal to group.share.min.session.timeout.ms/,
  );
  expect(() => validateGroupConfig(texts({ 'consumer.heartbeat.interval.ms': '45000' }))).toThrow(
    /must be greater than/,
  );
});

test('client metrics are pushed at most ten times a second and at least once an hour', () => {
  expect(() => validateClientMetricsConfig(texts({ 'interval.ms': '99' }))).toThrow(/between 100 and 3600000/);
  expect(validateClientMetricsConfig(texts({ 'interval.ms': '100' })).get('interval.ms')).toBe(100);
});

test('server properties become typed values with defaults', () => {
  const config = parseBrokerConfig(texts({ ...node, 'log.dirs': '/a, /b', 'listener.name.x.ssl.client.auth': 'none' }));
  expect(config['log.dirs']).toEqual(['/a', '/b']);
  expect(config['node.id']).toBe(1);
  expect(config['num.partitions']).toBe(1);
  expect(config['broker.rack']).toBeNull();
  expect(config['http.listeners']).toEqual(['http://0.0.0.0:8080']);
});

test('server properties that are unknown, missing or wrong are refused', () => {
  expect(() => parseBrokerConfig(texts({ ...node, 'log.dri': '/a' }))).toThrow(/did you mean log\.dirs?\?/);
  expect(() => parseBrokerConfig(texts({ 'node.id': '1' }))).toThrow(/Missing required configuration/);
  expect(() => parseBrokerConfig(texts({ ...node, 'listener.name.x.ssl.client.auth': 'maybe' }))).toThrow(
    /String must be one of: required, requested, none/,
  );
});

test('keys without a meaning here are found for a warning', () => {
  expect(ignoredKeys(['num.io.threads', 'log.dirs', 'nonsense']).map((key) => key.name)).toEqual(['num.io.threads']);
});
