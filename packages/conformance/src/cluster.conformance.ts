/**
 * Three broker processes and outside clients: a million acks=all records from kcat while each broker in turn is killed
 * and started again, read back as exactly what was acknowledged; and what Apache Kafka's own tools say of the cluster.
 */
import { createReadStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeLines } from './support/records.ts';
import { runProgram } from './support/shell.ts';
import { TidelogCluster } from './support/tidelog-process.ts';
import { findKafkaTools, findKcat } from './support/tools.ts';

const kcat = findKcat();
const tools = findKafkaTools();
for (const one of [kcat, tools]) {
  if (typeof one === 'string') continue;
  console.log(`cluster tests skipped: ${one.missing}`);
  if (process.env['CI'] === 'true') throw new Error(one.missing);
}

const count = Number(process.env['TIDELOG_CONFORMANCE_RECORDS'] ?? 1_000_000);
/** Each look starts a Java program, which takes seconds on a busy machine. */
const patiently = { timeout: 60_000, interval: 200 };
const pause = (ms: number): Promise<void> => new Promise((done) => void setTimeout(done, ms));

const java = (...args: string[]): { program: string; args: string[] } => ({
  program: 'java',
  args: ['-Xmx256m', '-cp', typeof tools === 'string' ? tools : '', ...args],
});

let cluster: TidelogCluster;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tidelog-cluster-'));
  cluster = await TidelogCluster.start({ brokers: 3, settings: { 'min.insync.replicas': 2 } });
});

afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

async function createTopic(name: string, partitions: number): Promise<void> {
  const main = join(import.meta.dirname, '../../cli/src/main.ts');
  const what = ['--topic', name, '--partitions', String(partitions), '--replication-factor', '3'];
  const args = ['--conditions=source', main, 'topics', 'create', '--bootstrap-server', cluster.bootstrap, ...what];
  await runProgram({ program: process.execPath, args });
}

/** Each quarter but the first only after another promise. */
async function* inQuarters(
  bytes: Buffer,
  waits: readonly PromiseWithResolvers<void>[],
): AsyncGenerator<Buffer, void, undefined> {
  const size = Math.ceil(bytes.length / 4);
  for (let i = 0; i < 4; i++) {
    yield bytes.subarray(i * size, (i + 1) * size);
    await waits[i]?.promise;
  }
}

async function linesOf(path: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: createReadStream(path) })) lines.push(line);
  return lines;
}

describe.skipIf(typeof kcat !== 'string')('kcat', () => {
  test('reads back exactly what was acknowledged while each broker in turn was killed', async () => {
    await createTopic('million', 3);
    const input = join(directory, 'input');
    writeLines(input, count);
    const said = join(directory, 'said');
    const safe = ['-X', 'acks=all', '-X', 'enable.idempotence=true', '-X', 'message.timeout.ms=240000'];
    // A queue that is short against the input, so that the faults meet records on their way.
    const pace = ['-X', 'linger.ms=5', '-X', 'queue.buffering.max.messages=5000', '-X', 'batch.num.messages=500'];
    const args = ['-b', cluster.bootstrap, '-P', '-E', '-t', 'million', ...safe, ...pace, '-v', '-v', '-v'];
    const ended = new AbortController();
    const killed = [1, 2, 3].map(() => Promise.withResolvers<void>());
    // However fast the machine is: there is a quarter left to send after each of the first three kills.
    const quarters = inQuarters(readFileSync(input), killed);
    const producing = runProgram({ program: 'kcat', args, input: quarters, stderr: said }).finally(() => ended.abort());
    producing.catch(() => undefined);
    let kills = 0;
    for (let turn = 0; turn < 3 || !ended.signal.aborted; turn++) {
      const node = cluster.node((turn % 3) + 1);
      await pause(500);
      if (turn >= 3 && ended.signal.aborted) break;
      kills += ended.signal.aborted ? 0 : 1;
      await node.signal('SIGKILL');
      killed[turn]?.resolve();
      await pause(500);
      node.spawn();
      await node.ready();
    }
    await producing;
    expect(kills).toBeGreaterThanOrEqual(3);
    const acknowledged = new Set<string>();
    for (const line of await linesOf(said)) {
      const match = /delivered to partition (\d+) \(offset (\d+)\)/.exec(line);
      if (match !== null) acknowledged.add(`${match[1]} ${match[2]}`);
    }
    const output = join(directory, 'output');
    const all = ['-b', cluster.bootstrap, '-C', '-t', 'million', '-o', 'beginning', '-e', '-q', '-f', '%p %o %s\\n'];
    await runProgram({ program: 'kcat', args: all, stdout: output });
    const values: string[] = [];
    let unacknowledged = 0;
    for (const line of await linesOf(output)) {
      const [partition, offset, ...value] = line.split(' ');
      if (!acknowledged.delete(`${partition} ${offset}`)) unacknowledged++;
      values.push(value.join(' '));
    }
    console.log(`cluster records=${values.length} kills=${kills} unacknowledged=${unacknowledged}`);
    expect(acknowledged.size, 'acknowledged and not there').toBe(0);
    expect(unacknowledged, 'there and not acknowledged').toBe(0);
    const missing = new Set(await linesOf(input));
    expect(values.length).toBe(missing.size);
    for (const value of values) missing.delete(value);
    expect(missing.size, 'sent and not there').toBe(0);
  });
});

describe.skipIf(typeof tools !== 'string')("Apache Kafka's tools", () => {
  const quorum = async (...what: string[]): Promise<string> =>
    await runProgram(
      java('org.apache.kafka.tools.MetadataQuorumCommand', '--bootstrap-server', cluster.bootstrap, ...what),
    );

  test('describe --status tells the leader, and another one when it was killed', async () => {
    const leaderOf = (text: string): number => Number(/^LeaderId:\s+(\d+)/m.exec(text)?.[1]);
    const before = await quorum('describe', '--status');
    expect(before).toMatch(/^ClusterId:\s+conformance-cluster-01w/m);
    expect(before).toMatch(/^CurrentVoters:.*"id": 1.*"id": 2.*"id": 3/m);
    const leader = cluster.node(leaderOf(before));
    await leader.signal('SIGKILL');
    const others = [1, 2, 3].filter((id) => id !== leader.nodeId);
    const asked = async (): Promise<number> => leaderOf(await quorum('describe', '--status'));
    await expect.poll(asked, patiently).toBeOneOf(others);
    leader.spawn();
    await leader.ready();
  });

  test('describe --replication lists three voters that keep up', async () => {
    const described = async (): Promise<unknown> => {
      const lines = (await quorum('describe', '--replication')).trim().split('\n').slice(1);
      const voters = lines.map((line) => line.trim().split(/\s+/));
      return {
        ids: voters.map(([id = '']) => id).toSorted(),
        keepUp: voters.every(([, , , lag]) => Number(lag) < 10),
        statuses: voters.map((columns) => columns.at(-1) ?? '').toSorted(),
      };
    };
    // The one that was restarted last may still be on its way.
    await expect.poll(described, patiently).toEqual({
      ids: ['1', '2', '3'],
      keepUp: true,
      statuses: ['Follower', 'Follower', 'Leader'],
    });
  });

  test('topics --describe shows the replicas in sync, and one fewer while a broker is down', async () => {
    await createTopic('described', 3);
    const describeTopic = async (): Promise<string[]> => {
      const command = java(
        'org.apache.kafka.tools.TopicCommand',
        '--bootstrap-server',
        cluster.bootstrap,
        '--describe',
        '--topic',
        'described',
      );
      const text = await runProgram(command);
      return [...text.matchAll(/Isr: ([\d,]*)/g)].map(([, isr = '']) =>
        isr
          .split(',')
          .toSorted((a, b) => Number(a) - Number(b))
          .join(','),
      );
    };
    // Whom the tool asks may learn of it a moment later than the others.
    const all = ['1,2,3', '1,2,3', '1,2,3'];
    await expect.poll(describeTopic, patiently).toEqual(all);
    const node = cluster.node(2);
    await node.signal('SIGTERM');
    await expect.poll(describeTopic, patiently).toEqual(['1,3', '1,3', '1,3']);
    node.spawn();
    await node.ready();
    await expect.poll(describeTopic, patiently).toEqual(all);
  });
});
