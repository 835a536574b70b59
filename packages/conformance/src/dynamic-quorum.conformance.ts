/**
 * A quorum that is begun by one controller, grown to three and left by the first one, all by the command line: what
 * `tidelog storage format` and `tidelog quorum` are for.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePorts } from './support/free-ports.ts';
import { runProgram } from './support/shell.ts';
import { TidelogProcess } from './support/tidelog-process.ts';

const main = resolve(import.meta.dirname, '../../cli/src/main.ts');
const clusterId = 'conformance-cluster-01w';
const ids = [1, 2, 3] as const;

interface Member {
  readonly id: number;
  readonly process: TidelogProcess;
  readonly controllerPort: number;
  readonly properties: string;
}

/** Who is asked may learn of it a moment later, and an election takes its time. */
const patiently = { timeout: 60_000, interval: 200 };

const root = mkdtempSync(join(tmpdir(), 'tidelog-quorum-'));
let members: readonly Member[] = [];

const tidelog = (...args: string[]): Promise<string> =>
  runProgram({ program: process.execPath, args: ['--conditions=source', main, ...args] });

const format = async ({ properties }: Member, ...flags: string[]): Promise<void> => {
  await tidelog('storage', 'format', '-c', properties, '-t', clusterId, ...flags);
};

const quorum = async (by: number, ...args: string[]): Promise<string> => {
  const { process: node } = member(by);
  return await tidelog('quorum', ...args, '--bootstrap-server', node.bootstrap);
};

const member = (id: number): Member => {
  const found = members.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no node ${id}`);
  return found;
};

const keyOf = async ({ id, properties }: Member): Promise<string[]> => {
  const [found] = JSON.parse(await tidelog('storage', 'info', '-c', properties, '--json')) as { directoryId: string }[];
  return ['--controller-id', String(id), '--controller-directory-id', found?.directoryId ?? ''];
};

const describe = async (): Promise<{ leaderId: number; voters: number[] }> => {
  const text = await quorum(2, 'describe', '--json');
  const partition = JSON.parse(text) as { leaderId: number; currentVoters: { replicaId: number }[] };
  return { leaderId: partition.leaderId, voters: partition.currentVoters.map(({ replicaId }) => replicaId) };
};

beforeAll(async () => {
  const ports = await freePorts(ids.length * 3);
  const portsOf = (id: number): number[] => ports.slice((id - 1) * 3);
  const servers = ids.map((id) => `127.0.0.1:${portsOf(id)[1]}`).join(',');
  members = ids.map((id) => {
    const [port = 0, controllerPort = 0, httpPort = 0] = portsOf(id);
    const directory = join(root, `node-${id}`);
    mkdirSync(directory);
    const settings = {
      'process.roles': 'broker,controller',
      'node.id': id,
      'controller.quorum.bootstrap.servers': servers,
      listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
      'controller.listener.names': 'CONTROLLER',
      'log.dirs': join(directory, 'data'),
      'http.listeners': `http://127.0.0.1:${httpPort}`,
    };
    const properties = join(directory, 'server.properties');
    const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(properties, lines.join(''));
    const node = new TidelogProcess({ nodeId: id, port, httpPort, directory });
    return { id, process: node, controllerPort, properties };
  });
  const [first, ...others] = members;
  if (first !== undefined) await format(first, '--standalone');
  for (const other of others) await format(other, '--no-initial-controllers');
  for (const { process: node } of members) node.spawn();
  await Promise.all(members.map(({ process: node }) => node.ready()));
});

afterAll(async () => {
  await Promise.all(members.map(({ process: node }) => node.signal('SIGKILL')));
  rmSync(root, { recursive: true, force: true });
});

test('a controller of a dynamic quorum says at its formatting whether it is a first voter', async () => {
  const { properties } = member(1);
  const unsaid = tidelog('storage', 'format', '-c', properties, '-t', clusterId, '--ignore-formatted');
  await expect(unsaid).rejects.toThrow('give --standalone or --initial-controllers');
});

test('controllers join, and the one that leads leaves', async () => {
  await expect.poll(describe, patiently).toEqual({ leaderId: 1, voters: [1] });
  for (const id of [2, 3]) {
    const { controllerPort } = member(id);
    const endpoint = ['--endpoint', `CONTROLLER://127.0.0.1:${controllerPort}`];
    await quorum(3, 'add-controller', ...(await keyOf(member(id))), ...endpoint);
  }
  await expect.poll(async () => (await describe()).voters, patiently).toEqual([1, 2, 3]);
  await quorum(2, 'remove-controller', ...(await keyOf(member(1))));
  const left = async (): Promise<unknown> => {
    const { leaderId, voters } = await describe();
    return { voters, isLed: voters.includes(leaderId) };
  };
  await expect.poll(left, patiently).toEqual({ voters: [2, 3], isLed: true });
  // Who is no voter any more is a broker all the same.
  await tidelog('topics', 'create', '--topic', 't', '--bootstrap-server', member(1).process.bootstrap);
});
