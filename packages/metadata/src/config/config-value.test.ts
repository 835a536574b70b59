import { describe, expect, test } from 'vitest';
import { configDefinitions } from './config-tables.ts';
import { defaultValue, formatConfigValue, parseConfigValue } from './config-value.ts';
import type { ConfigDefinition, ConfigType } from './config-definition.ts';
import { must } from '@tidelog/core';

function definition(key: string): ConfigDefinition {
  return must(
    configDefinitions.topic.get(key) ?? configDefinitions.broker.get(key) ?? configDefinitions.group.get(key),
  );
}

function ofType(type: ConfigType): ConfigDefinition {
  return { ...definition('preallocate'), name: 'k', type, validator: undefined };
}

describe('texts are parsed as Kafka parses them', () => {
  test.each([
    ['boolean', ' TRUE ', true],
    ['boolean', 'false', false],
    ['int', '-5', -5],
    ['int', ' 2147483647', 2_147_483_647],
    ['short', '32767', 32_767],
    ['long', '9007199254740991', Number.MAX_SAFE_INTEGER],
    ['long', '9223372036854775807', Number.MAX_SAFE_INTEGER],
    ['long', '+12', 12],
    ['double', '1.7976931348623157E308', Number.MAX_VALUE],
    ['list', ' a , b,c ', ['a', 'b', 'c']],
    ['list', '', []],
    ['string', ' a ', ' a '],
    ['class', ' a ', 'a'],
    ['password', 'p w', 'p w'],
  ] as const)('%s %j', (type, text, value) => {
    expect(parseConfigValue(ofType(type), text)).toEqual(value);
  });
});

describe('what a key does not allow is refused in the words of Kafka', () => {
  test.each([
    ['preallocate', 'yes', 'Expected value to be either true or false'],
    ['segment.bytes', '1.5', 'Not a number of type INT'],
    ['segment.bytes', '2147483648', 'Not a number of type INT'],
    ['retention.ms', '9223372036854775808', 'Not a number of type LONG'],
    ['retention.ms', '', 'Not a number of type LONG'],
    ['retention.ms', '-2', 'Value must be at least -1'],
    ['min.cleanable.dirty.ratio', '1.1', 'Value must be no more than 1'],
    ['min.cleanable.dirty.ratio', 'x', 'Not a number of type DOUBLE'],
    ['compression.gzip.level', '0', 'Value must be at least 1 or equal to -1'],
    ['compression.type', 'lzma', 'String must be one of: uncompressed, zstd, lz4, snappy, gzip, producer'],
    ['cleanup.policy', 'delete,shred', 'String must be one of: compact, delete'],
    ['cleanup.policy', 'delete,delete', "Configuration 'cleanup.policy' values must not be duplicated."],
    ['log.dirs', '/a,,/b', 'a list must not have empty items'],
    ['share.auto.offset.reset', 'by_duration:1h', 'String must be one of: latest, earliest, by_duration:PnDTnHnMn.nS'],
    ['offsets.topic.replication.factor', '40000', 'Not a number of type SHORT'],
  ])('%s=%s', (key, text, why) => {
    const message = `Invalid value ${text} for configuration ${key}: ${why}`;
    expect(() => parseConfigValue(definition(key), text)).toThrow(message);
  });

  test('throttled replicas', () => {
    const key = definition('leader.replication.throttled.replicas');
    expect(parseConfigValue(key, '0:1,12:3')).toEqual(['0:1', '12:3']);
    expect(parseConfigValue(key, '*')).toEqual(['*']);
    expect(() => parseConfigValue(key, '0:1,*')).toThrow(/list of replicas in the following format/);
  });

  test('a password is not repeated', () => {
    const key = { ...ofType('password'), sensitive: true, validator: { kind: 'nonEmpty' } as const };
    expect(() => parseConfigValue({ ...key, type: 'int' }, 'secret')).toThrow(/^(?!.*secret).*\[hidden\]/);
  });
});

test('allowed values at the edges', () => {
  expect(parseConfigValue(definition('compression.gzip.level'), '-1')).toBe(-1);
  expect(parseConfigValue(definition('cleanup.policy'), '')).toEqual([]);
  expect(parseConfigValue(definition('group.consumer.migration.policy'), 'UPGRADE')).toBe('UPGRADE');
  expect(parseConfigValue(definition('share.auto.offset.reset'), 'by_duration:PT1H')).toBe('by_duration:PT1H');
});

test('every default of every table is a value that its key allows and prints as it is written', () => {
  for (const table of Object.values(configDefinitions)) {
    for (const key of table.values()) {
      if (key.default === undefined) expect(() => defaultValue(key)).toThrow(/Missing required configuration/);
      if (key.default === undefined || key.default === null) continue;
      expect([key.name, formatConfigValue(key, parseConfigValue(key, key.default))]).toEqual([key.name, key.default]);
    }
  }
});
