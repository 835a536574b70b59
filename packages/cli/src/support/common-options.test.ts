import { Command } from 'commander';
import { expect, test } from 'vitest';
import { withCommonOptions } from './common-options.ts';

test('a number that is none is refused before anything is sent', () => {
  const silent = { writeErr: () => undefined, writeOut: () => undefined };
  const command = withCommonOptions(new Command('list')).exitOverride().configureOutput(silent);
  const parse = (...args: string[]): unknown => command.parse(args, { from: 'user' }).opts()['timeout'];
  expect(parse('--timeout', '100')).toBe('100');
  expect(() => parse('--timeout', 'soon')).toThrow("argument 'soon' is invalid. It must be a whole number.");
});
