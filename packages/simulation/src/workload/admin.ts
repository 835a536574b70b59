/** The operator: creates topics and asks for changes, and asks again until some broker has taken it in. */
import {
  AlterPartitionReassignments,
  CreateTopics,
  DeleteTopics,
  ElectLeaders,
  ErrorCode,
  isRetriable,
  RemoveRaftVoter,
} from '@tidelog/protocol';
import { zeroUuid } from '@tidelog/core';
import type { ClusterSettings } from '../cluster/settings.ts';
import type { VoterKey } from '../cluster/voters.ts';
import type { SimClient } from './sim-client.ts';

export interface Move {
  readonly topic: string;
  readonly partition: number;
  readonly replicas: readonly number[];
}

const retryMs = 200;
const attempts = 20;
const timeoutMs = 4000;

export class Admin {
  readonly topics: readonly string[];
  readonly #client: SimClient;
  readonly #settings: ClusterSettings;

  constructor(client: SimClient, { settings, topics }: { settings: ClusterSettings; topics: readonly string[] }) {
    this.#client = client;
    this.#settings = settings;
    this.topics = topics;
  }

  /** Creates the topics; `onDone` once they are there. */
  createTopics(onDone: () => void): void {
    this.#client.spawn(async () => {
      for (const name of this.topics) await this.#create(name, Infinity);
      onDone();
    });
  }

  reassign({ topic, partition, replicas }: Move): void {
    const topics = [{ name: topic, partitions: [{ partitionIndex: partition, replicas: [...replicas] }] }];
    this.#client.spawn(async () => {
      await this.#client.ask(AlterPartitionReassignments, { timeoutMs, topics });
    });
  }

  electPreferred(): void {
    this.#client.spawn(async () => {
      await this.#client.ask(ElectLeaders, { electionType: 0, topicPartitions: null, timeoutMs });
    });
  }

  removeVoter({ id, directoryId }: VoterKey, onAnswer: (answer: string) => void): void {
    this.#client.spawn(async () => {
      const request = { clusterId: null, voterId: id, voterDirectoryId: directoryId };
      const { errorCode, errorMessage } = (await this.#client.ask(RemoveRaftVoter, request)) ?? {};
      onAnswer(`${errorCode ?? 'no answer'} ${errorMessage ?? ''}`);
    });
  }

  recreate(name: string): void {
    this.#client.spawn(async () => {
      await this.#client.ask(DeleteTopics, { topics: [{ name, topicId: zeroUuid }], timeoutMs });
      await this.#create(name, attempts);
    });
  }

  async #create(name: string, most: number): Promise<void> {
    const { partitions, minInsyncReplicas, flushBeforeAck, segmentMs, segmentBytes } = this.#settings;
    const configs = [
      { name: 'min.insync.replicas', value: String(minInsyncReplicas) },
      { name: 'flush.before.ack', value: String(flushBeforeAck) },
      { name: 'segment.ms', value: String(segmentMs) },
      { name: 'internal.segment.bytes', value: String(segmentBytes) },
      { name: 'retention.ms', value: '-1' },
      // Wall clocks jump by an hour.
      { name: 'message.timestamp.after.max.ms', value: String(86_400_000) },
    ];
    const topic = { name, numPartitions: partitions, replicationFactor: 3, assignments: [], configs };
    for (let i = 0; i < most; i++) {
      const response = await this.#client.ask(CreateTopics, { topics: [topic], timeoutMs });
      const { errorCode, errorMessage } = response?.topics[0] ?? { errorCode: ErrorCode.REQUEST_TIMED_OUT };
      if (errorCode === ErrorCode.NONE || errorCode === ErrorCode.TOPIC_ALREADY_EXISTS) return;
      if (!isRetriable(errorCode) && errorCode !== ErrorCode.INVALID_REPLICATION_FACTOR) {
        throw new Error(`the topic ${name} cannot be created: ${errorCode} ${errorMessage ?? ''}`);
      }
      await this.#client.sleep(retryMs);
    }
  }
}
