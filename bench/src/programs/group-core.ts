/**
 * What the group coordinator costs when nothing is in its way: no network, no log. Prints one line per figure.
 *
 *   node --conditions=source --expose-gc bench/src/programs/group-core.ts
 */
import {
  defaultConsumerGroupTimings,
  defaultGroupConfig,
  GroupCore,
  Turn,
  type EncodedRecord,
  type GroupInput,
  type GroupRecord,
  type Requester,
} from '@tidelog/broker';
import { emptyMetadataImage } from '@tidelog/metadata';

const topicId = 'TTTTTTTTTTTTTTTTTTTTTA';
const groups = 10_000;
const client = { clientId: 'bench', clientHost: '/127.0.0.1' };
const to: Requester = { id: 1 };

function newCore(): GroupCore {
  return new GroupCore({
    config: defaultGroupConfig,
    timingsOf: () => defaultConsumerGroupTimings,
    patterns: { isValid: () => false, match: () => [] },
    image: () => emptyMetadataImage,
  });
}

/** Steps and, as the shell would, encodes and commits. */
function step(core: GroupCore, input: GroupInput): EncodedRecord[] {
  const now = performance.now();
  const turn = new Turn<GroupRecord>(now, Date.now());
  core.step(input, turn);
  const records = turn.effects.flatMap((effect) => (effect.type === 'append' ? core.encode(effect.record) : []));
  core.timeline.commitTo(core.timeline.position);
  return records;
}

function commit(group: number, partitions: number): GroupInput {
  return {
    type: 'commitOffsets',
    to,
    apiVersion: 9,
    groupId: `group-${group}`,
    memberId: '',
    groupInstanceId: null,
    generationIdOrMemberEpoch: -1,
    retentionTimeMs: -1,
    topics: [
      {
        name: 'topic',
        topicId,
        partitions: Array.from({ length: partitions }, (_, partitionIndex) => {
          return { partitionIndex, committedOffset: 1, committedLeaderEpoch: 0, committedMetadata: '' };
        }),
      },
    ],
  };
}

function measure(what: string, count: number, run: () => void): void {
  const cpu = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(cpu);
  const micros = user + system;
  console.log(`${what}: ${(micros / count).toFixed(2)} us of CPU each, ${(micros / 1e6).toFixed(2)} s in all`);
}

function heapMegabytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
}

const before = heapMegabytes();
const core = newCore();
const records: EncodedRecord[] = [];
measure('commit of one offset', 100_000, () => {
  for (let i = 0; i < 100_000; i++) step(core, commit(i % groups, 1));
});
for (let group = 0; group < groups; group++) step(core, commit(group, 10));
for (let group = 0; group < groups; group++) {
  const request = { groupId: `group-${group}`, memberId: '', groupInstanceId: null, protocolType: 'consumer' };
  const timeouts = { sessionTimeoutMs: 45_000, rebalanceTimeoutMs: 60_000, reason: null };
  const protocols = [{ name: 'range', metadata: Buffer.alloc(40) }];
  const joined = { ...request, ...timeouts, protocols };
  step(core, { type: 'join', to, request: joined, client, apiVersion: 3, uuid: `${group}` });
}
console.log(`${groups} groups of one member and 10 offsets: ${(heapMegabytes() - before).toFixed(0)} MB of heap`);
measure('heartbeat', 500_000, () => {
  for (let i = 0; i < 500_000; i++) {
    const group = i % groups;
    const request = { groupId: `group-${group}`, generationId: 0, memberId: `bench-${group}`, groupInstanceId: null };
    step(core, { type: 'heartbeat', to, request });
  }
});
const writer = newCore();
for (let group = 0; group < groups; group++) records.push(...step(writer, commit(group, 100)));
measure('load of an offset', records.length, () => {
  const loaded = newCore();
  loaded.timeline.recording = false;
  for (const [offset, { key, value }] of records.entries()) loaded.load({ offset, key, value, producerId: -1 });
  if (loaded.offsets.size !== records.length) throw new Error(`${loaded.offsets.size} offsets were loaded`);
});
