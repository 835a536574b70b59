import { existsSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createNodeWorld, randomUuid, silentLogger } from '@tidelog/core';
import { defaultLogConfig, LogStore, type PartitionLog } from '@tidelog/log';
import { DirectoryId, emptyMetadataImage, type PartitionImage } from '@tidelog/metadata';
import { AssignReplicasToDirs, type ResponseOf } from '@tidelog/protocol';
import { afterEach, expect, test } from 'vitest';
import type { ControllerChannel } from '../channels.ts';
import { batchOf } from '../testing/records.ts';
import { DirectoryAssignments } from './directory-assignments.ts';
import { ReplicaLogs } from './replica-logs.ts';

const topicId = 'TTTTTTTTTTTTTTTTTTTTTQ';
const first = 'EEEEEEEEEEEEEEEEEEEEEQ';
const second = 'FFFFFFFFFFFFFFFFFFFFFQ';
const gone = 'GGGGGGGGGGGGGGGGGGGGGQ';
const world = createNodeWorld();
const root = `${tmpdir()}/tidelog-replica-logs-${randomUuid(world.random)}`;
let store: LogStore | undefined;
let reported: string[] = [];

afterEach(async () => {
  await store?.close({ brokerEpoch: 1 });
  world.disk.removeDirectory(root);
});

async function open(options: { readonly unreadable?: boolean } = {}): Promise<ReplicaLogs> {
  const logDirs = [
    { path: `${root}/a`, directoryId: first },
    { path: `${root}/b`, directoryId: second },
  ];
  const unreadableDirs = options.unreadable === true ? [{ path: `${root}/c`, error: 'EIO' }] : [];
  const config = { logDefaults: defaultLogConfig };
  store = await LogStore.open({ world, logger: silentLogger, logDirs, unreadableDirs, config });
  // Of this opening: what an earlier one still has to say is nobody's.
  const mine: string[] = [];
  reported = mine;
  const controller: ControllerChannel = {
    send: (api, request) => {
      const taken = AssignReplicasToDirs.request.encode(request as never, 0);
      const { directories } = AssignReplicasToDirs.request.decode(taken, 0);
      mine.push(...directories.map(({ id }) => id));
      return Promise.resolve({ errorCode: 0, directories: [] } as unknown as ResponseOf<typeof api>);
    },
  };
  const assignments = new DirectoryAssignments({
    world,
    logger: silentLogger,
    controller,
    nodeId: 1,
    brokerEpoch: () => 1,
  });
  return new ReplicaLogs({ store, logger: silentLogger, nodeId: 1, assignments });
}

function place(logs: ReplicaLogs, image: Partial<PartitionImage> = {}): PartitionLog | undefined {
  const whole: PartitionImage = {
    replicas: [1, 2],
    directories: [DirectoryId.UNASSIGNED, DirectoryId.UNASSIGNED],
    isr: [2],
    elr: [],
    lastKnownElr: [],
    leader: 2,
    leaderEpoch: 0,
    partitionEpoch: 0,
    leaderRecoveryState: 0,
    addingReplicas: [],
    removingReplicas: [],
    ...image,
  };
  const settings = { log: defaultLogConfig, minInsyncReplicas: 1 };
  const opened = logs.open({ topic: 'events', topicId, partition: 0, image: whole, settings });
  return opened === 'noRoom' ? undefined : opened;
}

async function reports(): Promise<string[]> {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return reported;
}

/** Flips a bit of what the next start has to read, as if it was synced long ago. */
async function damage(log: PartitionLog | undefined): Promise<void> {
  log?.append(batchOf(['value']), { origin: 'client', leaderEpoch: 0, wallNow: world.clock.wall() });
  await log?.flush();
  const path = `${log?.path ?? ''}/00000000000000000000.log`;
  await store?.checkpoint();
  const content = world.disk.readFile(path);
  content[70] = (content[70] ?? 0) ^ 1;
  await store?.close({ brokerEpoch: 1 });
  world.disk.replaceFile(path, content);
  world.disk.remove(`${path.slice(0, path.indexOf('/events-0'))}/.kafka_cleanshutdown`);
}

test('a new log goes where the controller wants it; otherwise the controller hears where it is', async () => {
  const logs = await open();
  expect(place(logs, { directories: [second, gone] })?.directoryId).toBe(second);
  expect(await reports()).toEqual([]);
  logs.delete('events', 0);
  expect(place(logs)?.directoryId).toBe(first);
  expect(await reports()).toEqual([first]);
});

test('no empty log is made for one that may be in a directory that cannot be read', async () => {
  const logs = await open({ unreadable: true });
  expect(place(logs, { directories: [gone, second] })).toBeUndefined();
  expect(place(logs)?.logEndOffset).toBe(0);
});

test('a log whose directory was taken out of the configuration is made anew', async () => {
  const logs = await open();
  expect(place(logs, { directories: [gone, second] })?.logEndOffset).toBe(0);
});

test('a damaged log is kept aside and fetched again while others are in sync', async () => {
  await damage(place(await open(), { directories: [first, second] }));
  const log = place(await open(), { directories: [first, second], isr: [2] });
  expect([log?.offline, log?.logEndOffset]).toEqual([undefined, 0]);
  expect(world.disk.list(`${root}/a`).filter((name) => name.endsWith('-stray')).length).toBe(1);
  expect(await reports()).toEqual([]);
});

test('the last replica in sync is not thrown away when its log is damaged, but told to be lost', async () => {
  await damage(place(await open(), { directories: [first, second] }));
  const log = place(await open(), { directories: [first, second], isr: [1] });
  expect(log?.offline).toBeDefined();
  expect(await reports()).toEqual([DirectoryId.LOST]);
});

test('logs that the cluster does not place here are set aside with their records', async () => {
  const logs = await open();
  const path = place(logs)?.path;
  logs.setStraysAside(emptyMetadataImage);
  expect(store?.get('events', 0)).toBeUndefined();
  expect(world.disk.stat(path ?? '')).toBeUndefined();
  await store?.close({ brokerEpoch: 1 });
  await open();
  const kept = world.disk.list(`${root}/a`).filter((name) => /^events-0\..+-stray$/.test(name));
  expect(kept.length).toBe(1);
});

test.each([
  [first, 'a', second, 'b'],
  [second, 'b', first, 'a'],
])(
  'of a log in two directories the one where the controller has it is the replica',
  async (kept, name, old, oldName) => {
    const write = async (directory: string, values: readonly string[]): Promise<void> => {
      const log = place(await open(), { directories: [directory, DirectoryId.UNASSIGNED] });
      log?.append(batchOf(values), { origin: 'client', leaderEpoch: 0, wallNow: world.clock.wall() });
      await store?.close({ brokerEpoch: 1 });
    };
    await write(old, ['old']);
    renameSync(`${root}/${oldName}/events-0`, `${root}/out-of-reach`);
    await write(kept, ['new', 'newer']);
    renameSync(`${root}/out-of-reach`, `${root}/${oldName}/events-0`);
    const log = place(await open(), { directories: [kept, DirectoryId.UNASSIGNED] });
    expect([log?.directoryId, log?.logEndOffset]).toEqual([kept, 2]);
    const there = (directory: string): boolean => existsSync(`${root}/${directory}/events-0`);
    await expect.poll(() => [there(name), there(oldName)]).toEqual([true, false]);
  },
);
