import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { defaultRaftConfig } from '../raft-config.ts';
import { runScenario } from '../testing/trace-scenario.ts';

const directory = new URL('testdata/', import.meta.url);
const rewrite = process.env['TIDELOG_REWRITE_TRACES'] === '1';

for (const name of readdirSync(directory).filter((file) => file.endsWith('.txt'))) {
  test(`scenario ${name}`, () => {
    const path = new URL(name, directory);
    const text = readFileSync(path, 'utf8');
    const actual = runScenario(text, defaultRaftConfig);
    if (rewrite) writeFileSync(path, actual);
    else expect(actual).toBe(text);
  });
}
