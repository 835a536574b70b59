import { expect, test } from 'vitest';
import { collectProperties } from './properties.ts';

test('overrides win over the environment, the environment over the file', () => {
  const properties = collectProperties({
    file: 'node.id = 1\nlog.dirs=/a,\\\n  /b\n# comment\nnum.partitions=3\n',
    environment: { KAFKA_NODE_ID: '2', KAFKA_NUM_PARTITIONS: '5', KAFKA_HEAP_OPTS: '-Xmx1g', HOME: '/root' },
    overrides: ['node.id=3'],
  });
  expect(Object.fromEntries(properties)).toEqual({ 'node.id': '3', 'log.dirs': '/a,/b', 'num.partitions': '5' });
});

test('underscores in a variable stand for dots, underscores and dashes', () => {
  const properties = collectProperties({ environment: { KAFKA_A_B__C___D: 'x' } });
  expect([...properties.keys()]).toEqual(['a.b_c-d']);
});

test('an override without a value says what it takes', () => {
  expect(() => collectProperties({ overrides: ['node.id'] })).toThrow('--override takes key=value, not "node.id"');
});
