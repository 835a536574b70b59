import { expect, test } from 'vitest';
import { logLevelOf } from './logging.ts';

test('log.level is the level of the log', () => {
  expect(logLevelOf(new Map([['log.level', 'debug']]))).toBe('debug');
  expect(logLevelOf(new Map())).toBe('info');
});
