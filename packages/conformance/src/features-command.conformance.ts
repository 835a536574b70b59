/** `tidelog features` against one broker: what is in force, what it becomes, and what is refused. */
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProgram } from './support/shell.ts';
import { TidelogCluster } from './support/tidelog-process.ts';

const main = resolve(import.meta.dirname, '../../cli/src/main.ts');
let cluster: TidelogCluster;

beforeAll(async () => (cluster = await TidelogCluster.start({ brokers: 1 })));
afterAll(async () => await cluster?.[Symbol.asyncDispose]());

async function features(...args: string[]): Promise<string> {
  const command = ['--conditions=source', main, 'features', ...args, '--bootstrap-server', cluster.bootstrap];
  return await runProgram({ program: process.execPath, args: command });
}

async function levels(): Promise<Record<string, number>> {
  const shown = JSON.parse(await features('describe', '--json')) as { features: { feature: string; level: number }[] };
  return Object.fromEntries(shown.features.map(({ feature, level }) => [feature, level]));
}

test('kraft.version is raised, and in force when the command ends', async () => {
  expect(await levels()).toMatchObject({ 'metadata.version': 30, 'kraft.version': 0 });
  await features('upgrade', '--feature', 'kraft.version=1');
  expect(await levels()).toMatchObject({ 'kraft.version': 1 });
  await expect(features('downgrade', '--feature', 'kraft.version=0')).rejects.toThrow('can not be lowered to 0');
});

test('a release stands for the levels of all features', async () => {
  await features('downgrade', '--release-version', '4.0', '--dry-run');
  expect(await levels()).toMatchObject({ 'metadata.version': 30 });
  await features('downgrade', '--release-version', '4.0');
  const older = { 'metadata.version': 25, 'group.version': 1, 'eligible.leader.replicas.version': 0 };
  expect(await levels()).toMatchObject(older);
  await features('upgrade', '--release-version', '4.3');
  expect(await levels()).toMatchObject({ 'metadata.version': 30, 'eligible.leader.replicas.version': 1 });
});

test('of features that go together all are refused when one is', async () => {
  const both = ['--feature', 'group.version=0', '--feature', 'metadata.version=99'];
  await expect(features('downgrade', ...both)).rejects.toThrow('The controller supports levels 7 to 30, not 99');
  await features('disable', '--feature', 'group.version');
  expect(await levels()).toMatchObject({ 'group.version': 0 });
});
