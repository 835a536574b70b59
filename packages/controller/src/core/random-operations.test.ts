/**
 * Thousands of random operations on a small cluster. After each one the invariants hold; now and then everything is
 * committed, dropped, or replayed from the first record.
 */
import { randomUuid, SeededRandom } from '@tidelog/core';
import { decodeRecord, imageToRecords, type MetadataImage } from '@tidelog/metadata';
import { describe, expect, it } from 'vitest';
import { CoreHarness } from '../testing/core-harness.ts';
import { checkImage, checkStep } from '../testing/partition-invariants.ts';
import { ControllerState } from './controller-state.ts';
import { decideAlterConfigs } from './decisions/alter-configs.ts';
import { decideAlterPartitionReassignments } from './decisions/alter-partition-reassignments.ts';
import { decideAlterPartition } from './decisions/alter-partition.ts';
import { decideAssignReplicasToDirs } from './decisions/assign-replicas-to-dirs.ts';
import { decideBalancePreferredLeaders } from './decisions/balance-preferred-leaders.ts';
import { decideCreatePartitions } from './decisions/create-partitions.ts';
import { decideDeleteTopics } from './decisions/delete-topics.ts';
import { decideElectLeaders } from './decisions/elect-leaders.ts';
import { decideUncleanElections } from './decisions/unclean-elections.ts';
import { decideUnregisterBroker } from './decisions/unregister-broker.ts';
import { PartitionIndex } from './partition-index.ts';

const brokerIds = [1, 2, 3, 4, 5];
const topicNames = ['a', 'b', 'c', 'd', 'e', 'f'];

class Chaos {
  readonly harness: CoreHarness;
  readonly random: SeededRandom;

  constructor(seed: number, elr: boolean) {
    this.random = new SeededRandom(seed);
    const bootstrapFeatures = new Map([['eligible.leader.replicas.version', elr ? 1 : 0]]);
    this.harness = new CoreHarness({ seed, bootstrapFeatures });
    this.harness.bringUp([1, 2, 3]);
  }

  get image(): MetadataImage {
    return this.harness.state.image;
  }

  pick<T>(list: readonly T[]): T {
    const chosen = list[this.random.below(list.length)];
    if (chosen === undefined) throw new Error('nothing to pick from');
    return chosen;
  }

  some(list: readonly number[]): number[] {
    const shuffled = list.map((id) => ({ id, order: this.random.next() })).toSorted((a, b) => a.order - b.order);
    return shuffled.slice(0, 1 + this.random.below(list.length)).map(({ id }) => id);
  }

  readonly operations: readonly (() => void)[] = [
    () => this.#create(),
    () => this.#create(),
    () => this.#delete(),
    () => this.#addPartitions(),
    () => this.#restart(true),
    () => this.#restart(false),
    () => void this.harness.heartbeat(this.pick(brokerIds)),
    () => void this.harness.heartbeat(this.pick(brokerIds)),
    () => void this.harness.heartbeat(this.pick(brokerIds), { shutDown: true }),
    () => void this.harness.heartbeat(this.pick(brokerIds), { fence: true }),
    () => this.harness.silence(...this.some(brokerIds)),
    () => this.harness.silence(this.pick(brokerIds)),
    () => this.#failDirectory(),
    () => this.#assignDirectory(),
    () => this.#alterPartition(),
    () => this.#alterPartition(),
    () => this.#alterPartition(),
    () => this.#alterPartition(),
    () => this.#reassign(),
    () => this.#reassign(),
    () => this.#elect(0),
    () => this.#elect(1),
    () => this.#configure(),
    () => this.harness.apply(decideBalancePreferredLeaders(this.harness.context).records),
    () => this.harness.apply(decideUncleanElections(this.harness.context)),
    () => this.#unregister(),
    () => this.harness.commit(),
    () => this.#revert(),
  ];

  #create(): void {
    const configs = { 'min.insync.replicas': String(1 + this.random.below(3)) };
    const numPartitions = 1 + this.random.below(4);
    this.harness.createTopic(this.pick(topicNames), {
      numPartitions,
      replicationFactor: 1 + this.random.below(4),
      configs,
    });
  }

  #delete(): void {
    if (this.random.below(3) > 0) return;
    const topicNames_ = [this.pick(topicNames)];
    this.harness.decide((context) =>
      decideDeleteTopics(context, { topics: [], topicNames: topicNames_, timeoutMs: 1 }, 5),
    );
  }

  #addPartitions(): void {
    const topics = [{ name: this.pick(topicNames), count: 1 + this.random.below(6), assignments: null }];
    this.harness.decide((context) => decideCreatePartitions(context, { topics, timeoutMs: 1, validateOnly: false }));
  }

  #restart(clean: boolean): void {
    const id = this.pick(brokerIds);
    this.harness.sessions.connectionLost(id, id, this.harness.now);
    this.harness.register(id, { previousBrokerEpoch: clean ? this.image.cluster.brokerEpoch(id) : -1 });
  }

  #failDirectory(): void {
    const id = this.pick(brokerIds);
    if (this.random.below(4) === 0)
      this.harness.heartbeat(id, { offlineLogDirs: [...(this.image.cluster.broker(id)?.logDirs ?? [])] });
  }

  #assignDirectory(): void {
    const { topicId, partitionId } = this.#anyPartition() ?? {};
    if (topicId === undefined || partitionId === undefined) return;
    const brokerId = this.pick(brokerIds);
    const id = this.image.cluster.broker(brokerId)?.logDirs[0] ?? randomUuid(this.random);
    const directories = [{ id, topics: [{ topicId, partitions: [{ partitionIndex: partitionId }] }] }];
    const request = { brokerId, brokerEpoch: this.image.cluster.brokerEpoch(brokerId), directories };
    this.harness.decide((context) => decideAssignReplicasToDirs(context, request));
  }

  #anyPartition(): { topic: string; topicId: string; partitionId: number } | undefined {
    const topic = this.image.topics.get(this.pick(topicNames));
    if (topic === undefined) return undefined;
    return { topic: topic.name, topicId: topic.id, partitionId: this.pick([...topic.partitions.keys()]) };
  }

  #alterPartition(): void {
    const { topicId = '', partitionId = 0 } = this.#anyPartition() ?? {};
    const partition = this.image.topics.partition(topicId, partitionId);
    if (partition === undefined) return;
    const brokerId = partition.leader;
    const { cluster } = this.image;
    const isr = this.random.below(3) === 0 ? [...partition.replicas] : this.some(partition.replicas);
    const wish = {
      partitionIndex: partitionId,
      leaderEpoch: partition.leaderEpoch,
      newIsr: [],
      newIsrWithEpochs: isr.map((id) => ({ brokerId: id, brokerEpoch: cluster.brokerEpoch(id) })),
      leaderRecoveryState: 0,
      partitionEpoch: partition.partitionEpoch,
    };
    const request = { brokerId, brokerEpoch: cluster.brokerEpoch(brokerId), topics: [{ topicId, partitions: [wish] }] };
    this.harness.decide((context) => decideAlterPartition(context, request));
  }

  #reassign(): void {
    const { topic = '', partitionId = 0 } = this.#anyPartition() ?? {};
    const replicas = this.random.below(4) === 0 ? null : this.some(brokerIds);
    const topics = [{ name: topic, partitions: [{ partitionIndex: partitionId, replicas }] }];
    const request = { timeoutMs: 1, allowReplicationFactorChange: this.random.below(4) > 0, topics };
    this.harness.decide((context) => decideAlterPartitionReassignments(context, request));
  }

  #elect(electionType: number): void {
    this.harness.decide((context) =>
      decideElectLeaders(context, { electionType, topicPartitions: null, timeoutMs: 1 }),
    );
  }

  #configure(): void {
    const configs = [
      { name: 'min.insync.replicas', value: String(1 + this.random.below(3)) },
      { name: 'unclean.leader.election.enable', value: String(this.random.below(4) === 0) },
    ];
    const resources = [{ resourceType: 2, resourceName: this.pick(topicNames), configs }];
    this.harness.decide((context) => decideAlterConfigs(context, { resources, validateOnly: false }));
  }

  #unregister(): void {
    if (this.random.below(4) > 0) return;
    this.harness.decide((context) => decideUnregisterBroker(context, { brokerId: this.pick(brokerIds) }));
  }

  #revert(): void {
    const committed = this.harness.state.committed;
    this.harness.revert();
    expect(this.image).toBe(committed);
  }
}

function recordsOf(image: MetadataImage): unknown[] {
  return [...imageToRecords(image)].map((record) => JSON.stringify(record)).toSorted();
}

function expectSameIndex(kept: PartitionIndex, image: MetadataImage): void {
  const counted = PartitionIndex.of(image);
  for (const name of ['leaderless', 'reassigning', 'imbalanced', 'eligible'] as const) {
    expect(kept[name].topics().toSorted()).toEqual(counted[name].topics().toSorted());
    expect(kept[name].total).toBe(counted[name].total);
  }
  expect(kept.partitionCount).toBe(counted.partitionCount);
  for (const id of brokerIds) {
    expect(kept.leaderships(id)).toBe(counted.leaderships(id));
    expect(kept.topicsOn(id).toSorted()).toEqual(counted.topicsOn(id).toSorted());
  }
}

describe('random operations', () => {
  it.each([
    [1, true],
    [2, true],
    [3, true],
    [4, false],
    [5, false],
  ])('keep the invariants (seed %i, ELR %s)', (seed, elr) => {
    const chaos = new Chaos(seed, elr);
    let leaders = 0;
    for (let step = 0; step < 1500; step++) {
      const before = chaos.image;
      const at = chaos.random.below(chaos.operations.length);
      const operation = chaos.operations[at];
      operation?.();
      try {
        checkImage(chaos.image);
      } catch (error) {
        throw new Error(`after operation ${at} in step ${step}`, { cause: error });
      }
      const isRevert = at === chaos.operations.length - 1;
      if (!isRevert) checkStep(before, chaos.image, { alteredIsr: at >= 14 && at <= 17 });
      leaders += chaos.harness.state.index.partitionCount - chaos.harness.state.index.leaderless.total;
      if (step % 100 === 99) expectSameIndex(chaos.harness.state.index, chaos.image);
    }
    expect(leaders).toBeGreaterThan(1000);
    const replayed = new ControllerState();
    replayed.replay(chaos.harness.log.map(decodeRecord), { offset: chaos.harness.log.length - 1, epoch: 1 });
    expect(recordsOf(replayed.image)).toEqual(recordsOf(chaos.image));
  });
});
