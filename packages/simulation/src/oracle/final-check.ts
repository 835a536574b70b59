/**
 * When everything has healed and come to rest: all replicas of a partition hold the same records at the same offsets,
 * and they are what the clients were promised.
 */
import { batchesOf, recordsOf, verifyCrc } from '@tidelog/protocol';
import type { Replica } from '@tidelog/broker';
import type { SimCluster } from '../cluster/sim-cluster.ts';
import { Violation } from '../violation.ts';
import { nameOf } from '../workload/sim-consumer.ts';
import type { PartitionHistory } from './partition-history.ts';

const readBytes = 1_048_576;

interface ReplicaContent {
  readonly node: number;
  readonly records: ReadonlyMap<number, string>;
}

export async function checkLogs(cluster: SimCluster, histories: ReadonlyMap<string, PartitionHistory>): Promise<void> {
  for (const [name, history] of histories) {
    const contents: ReplicaContent[] = [];
    for (const node of cluster.nodes) {
      for (const replica of node.node?.broker?.broker.replicas.all() ?? []) {
        if (`${replica.topic}-${replica.partition}` !== name) continue;
        contents.push({ node: node.id, records: await contentOf(cluster, replica, node.id) });
      }
    }
    const [first, ...others] = contents;
    if (first === undefined) throw new Violation('replica missing', `${name} is nowhere`);
    for (const other of others) compare(name, first, other);
    history.check(first.records);
  }
}

async function contentOf(cluster: SimCluster, replica: Replica, node: number): Promise<Map<number, string>> {
  const records = new Map<number, string>();
  const where = `${replica.topic}-${replica.partition} on node ${node}`;
  let offset = replica.logStartOffset;
  while (offset < replica.logEndOffset) {
    const outcome = await settled(
      cluster,
      Promise.resolve(replica.read({ offset, maxBytes: readBytes, minOneBatch: true, upTo: 'logEnd' })),
    );
    if (outcome.kind !== 'data') throw new Violation('replica unreadable', `${where} at ${offset}: ${outcome.kind}`);
    const from = offset;
    for (const { header, bytes } of batchesOf(outcome.records)) {
      if (header.baseOffset > offset) {
        throw new Violation('hole in a log', `${where}: ${offset} is followed by ${header.baseOffset}`);
      }
      if (!verifyCrc(bytes, 0, header)) throw new Violation('replica corrupt', `${where} at ${header.baseOffset}`);
      for (const record of recordsOf(bytes)) {
        records.set(record.offset, nameOf(record.value));
      }
      offset = header.lastOffset + 1;
    }
    if (offset === from) throw new Violation('replica unreadable', `${where} at ${offset}: no whole batch`);
  }
  return records;
}

/** Reads from the simulated disk complete in virtual time. */
async function settled<T>(cluster: SimCluster, promise: Promise<T>): Promise<T> {
  let done = false;
  const mark = (): void => {
    done = true;
  };
  promise.then(mark, mark);
  await cluster.scheduler.run({ until: () => done, deadline: cluster.scheduler.now + 60_000 });
  return await promise;
}

function compare(name: string, one: ReplicaContent, other: ReplicaContent): void {
  const size = Math.max(one.records.size, other.records.size);
  for (let offset = 0; offset < size; offset++) {
    const a = one.records.get(offset);
    const b = other.records.get(offset);
    if (a === b) continue;
    const found = `${a ?? 'missing'} on node ${one.node} and ${b ?? 'missing'} on node ${other.node}`;
    const detail = `offset ${offset} is ${found}`;
    throw new Violation('replicas differ', `${name}: ${detail}`);
  }
}
