import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { logLevelOf } from './logging.ts';

test('log.level is the level of the log', () => {
  expect(logLevelOf(new Map([['log.level', 'debug']]))).toBe('debug');
  expect(logLevelOf(new Map())).toBe('info');
});

test('what a terminal would obey or be fooled by is escaped, and still reads back', () => {
  const fields = { clientId: 'a\u0000\u001b[2J\u007f\u009b2J\u2028\u202e\u2066ü漢😀' };
  const program = `
    import { createLogger } from ${JSON.stringify(import.meta.resolve('./logging.ts'))};
    const logger = createLogger({ level: 'info', base: {} });
    logger.warn(${JSON.stringify(fields)}, 'said');
    await logger.open();
  `;
  const output = execFileSync(process.execPath, ['--conditions=source', '--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  // eslint-disable-next-line no-control-regex
  expect(output.trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/);
  expect(JSON.parse(output)).toMatchObject({ ...fields, message: 'said' });
});
