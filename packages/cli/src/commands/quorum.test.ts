import { must, randomUuid, NodeRandom } from '@tidelog/core';
import { ApiVersions, UpdateFeatures } from '@tidelog/protocol';
import type { TidelogNode } from '@tidelog/server';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Admin } from '../support/admin.ts';
import { FormattedNodes, runCommand } from '../testing/formatted-nodes.ts';
import { addQuorum } from './quorum.ts';

vi.setConfig({ testTimeout: 30_000 });
beforeEach(() => void vi.spyOn(console, 'log').mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

const votersOf = ({ raft }: TidelogNode): string[] =>
  raft.state().voters.map(({ id, directoryId }) => `${id}:${directoryId}`);

async function untilVoters(nodes: readonly TidelogNode[], expected: readonly string[]): Promise<void> {
  await vi.waitFor(() => expect(nodes.map(votersOf)).toEqual(nodes.map(() => expected)), { timeout: 15_000 });
}

test('nodes formatted with --initial-controllers elect; one more joins over a broker, and one leaves', async () => {
  await using nodes = await FormattedNodes.create(4);
  const ids = [1, 2, 3].map((id) => ({ id, directoryId: randomUuid(new NodeRandom()) }));
  const list = ids.map(({ id, directoryId }) => `${id}@${nodes.controllerAddress(id)}:${directoryId}`).join(',');
  for (const { id } of ids) await nodes.format(id, '--initial-controllers', list);
  await nodes.format(4, '--no-initial-controllers');
  const first = await Promise.all(ids.map(({ id }) => nodes.start(id)));
  const names = ids.map(({ id, directoryId }) => `${id}:${directoryId}`);
  await untilVoters(first, names);

  const fourth = await nodes.start(4);
  const at = ['--bootstrap-server', nodes.brokerAddress(2)];
  const voter = (id: number): string[] => {
    return ['--controller-id', String(id), '--controller-directory-id', nodes.directoryId(id)];
  };
  const endpoint = `CONTROLLER://${nodes.controllerAddress(4)}`;
  await runCommand(addQuorum, 'quorum', 'add-controller', ...at, ...voter(4), '--endpoint', endpoint);
  const joined = `4:${nodes.directoryId(4)}`;
  await untilVoters([...first, fourth], [...names, joined]);
  await runCommand(addQuorum, 'quorum', 'remove-controller', ...at, ...voter(1));
  await untilVoters([...first.slice(1), fourth], [...names.slice(1), joined]);
});

test('a node formatted with --standalone leads alone, and another joins by itself', async () => {
  await using nodes = await FormattedNodes.create(2, { 'controller.quorum.auto.join.enable': 'true' });
  await nodes.format(1, '--standalone');
  await nodes.format(2, '--no-initial-controllers');
  const one = await nodes.start(1);
  expect(one.raft.state()).toMatchObject({ role: 'leader', kraftVersion: 1 });
  const two = await nodes.start(2);
  await untilVoters(
    [one, two],
    [1, 2].map((id) => `${id}:${nodes.directoryId(id)}`),
  );
});

test('UpdateFeatures raises kraft.version, after which the voters have directory ids', async () => {
  await using nodes = await FormattedNodes.create(1);
  nodes.configure(1, { 'controller.quorum.voters': `1@${nodes.controllerAddress(1)}` });
  await nodes.format(1);
  const node = await nodes.start(1);
  await using admin = new Admin(nodes.brokerAddress(1), 5000);
  const raise = (maxVersionLevel: number) => {
    const update = { feature: 'kraft.version', maxVersionLevel, upgradeType: 1 };
    return admin.send(UpdateFeatures, { timeoutMs: 5000, featureUpdates: [update], validateOnly: false });
  };
  const beyond = await raise(2);
  expect(beyond).toMatchObject({ errorCode: 95 });
  expect(beyond.errorMessage).toContain('the highest is 1');
  expect(await raise(1)).toMatchObject({ errorCode: 0 });
  await untilVoters([node], [`1:${nodes.directoryId(1)}`]);
  const { finalizedFeatures } = await admin.send(ApiVersions, {
    clientSoftwareName: 'test',
    clientSoftwareVersion: '1',
  });
  expect(must(finalizedFeatures.find(({ name }) => name === 'kraft.version')).maxVersionLevel).toBe(1);
  expect(await raise(0)).toMatchObject({ errorCode: 95 });
});
