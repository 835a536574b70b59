import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { brokerDefinition, configDefinitions, type ConfigTable } from './config-tables.ts';
import { nearestKey } from './nearest-key.ts';

const besideTheRepository = resolve(import.meta.dirname, '../../../../../shared/reference/kafka-configs.md');
const file = process.env['TIDELOG_KAFKA_CONFIGS'] ?? besideTheRepository;
if (!existsSync(file)) {
  console.log('comparison of keys skipped: set TIDELOG_KAFKA_CONFIGS to kafka-configs.md');
  if (process.env['CI'] === 'true') throw new Error(`TIDELOG_KAFKA_CONFIGS names no file: ${file}`);
}

/** Tidelog's own keys, which Kafka does not have. */
const own = new Set([
  'flush.before.ack',
  'log.flush.before.ack',
  'http.listeners',
  'log.level',
  'storage.format.on.start',
  'storage.cluster.id',
]);

/** Rows of the reference's tables under headings that match. */
function rows(from: RegExp, to: RegExp): string[][] {
  const text = readFileSync(file, 'utf8');
  const part = text.slice(text.search(from), text.search(to));
  return part
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| Name'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
}

function compare(table: ConfigTable, expected: string[][]): void {
  const here = [...table.values()].filter((key) => !own.has(key.name));
  expect(here.map((key) => key.name).sort()).toEqual(
    expected.map(([, name = '']) => name.replace(' *(internal)*', '')).sort(),
  );
  for (const [, label = '', type, fallback = '', , importance] of expected) {
    const name = label.replace(' *(internal)*', '');
    const key = table.get(name);
    const absent = key?.default === null ? 'null' : '<required>';
    const text = key?.default === '' ? '""' : (key?.default ?? absent);
    expect([name, key?.type.toUpperCase(), key?.importance, key?.internal]).toEqual([
      name,
      type,
      importance,
      label !== name,
    ]);
    const plain = fallback.replace(/ \(.*\)$/, '').replace('2147483647.0', '2.147483647E9');
    expect([name, text.replace('.0', '')]).toEqual([name, plain.replace('.0', '')]);
  }
}

test.runIf(existsSync(file))('broker keys are those of Kafka, with its types, defaults and update modes', () => {
  const expected = rows(/^## 1\./m, /^## 3\./m);
  compare(configDefinitions.broker, expected);
  for (const [, name = '', , , , , update] of expected) {
    const key = configDefinitions.broker.get(name.replace(' *(internal)*', ''));
    expect([name, key?.update]).toEqual([name, update]);
  }
});

test.runIf(existsSync(file))('topic keys are those of Kafka, with their synonyms', () => {
  const expected = rows(/^## 4\./m, /^Rules \(`LogConfig/m);
  compare(configDefinitions.topic, expected);
  for (const [, name = '', , , , , synonyms = ''] of expected) {
    const key = configDefinitions.topic.get(name.replace(' *(internal)*', ''));
    expect(key?.synonyms.map((synonym) => synonym.name).join(' , ')).toBe(synonyms);
  }
});

test.runIf(existsSync(file))('group and client-metrics keys are those of Kafka', () => {
  compare(configDefinitions.group, rows(/^## 5\./m, /^## 6\./m));
  compare(configDefinitions.clientMetrics, rows(/^## 6\./m, /^## 7\./m));
});

test('every synonym is a broker key, and every key says what it is for in one line', () => {
  for (const table of Object.values(configDefinitions)) {
    for (const key of table.values()) {
      for (const synonym of key.synonyms) expect(configDefinitions.broker.has(synonym.name)).toBe(true);
      expect(key.documentation).toMatch(/^.{10,100}\.$/);
    }
  }
});

test('keys for a single listener have the definition of their key', () => {
  expect(brokerDefinition('listener.name.internal.ssl.keystore.password')).toMatchObject({
    name: 'listener.name.internal.ssl.keystore.password',
    type: 'password',
    sensitive: true,
  });
  expect(brokerDefinition('listener.name.sasl.plain.sasl.jaas.config')?.type).toBe('password');
  expect(brokerDefinition('listener.name.internal.nothing')).toBeUndefined();
});

test.each([
  ['log.retention.hour', 'log.retention.hours'],
  ['lisetners', 'listeners'],
  ['advertised.listener', 'advertised.listeners'],
  ['num.partition', 'num.partitions'],
  ['offsets.topic.replicaton.factor', 'offsets.topic.replication.factor'],
])('%s is taken for a typo of %s', (typo, key) => {
  expect(nearestKey(typo, configDefinitions.broker.keys())).toBe(key);
});

test('a word of its own is no typo', () => {
  expect(nearestKey('my.very.own.setting', configDefinitions.broker.keys())).toBeUndefined();
});
