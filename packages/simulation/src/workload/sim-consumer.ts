/**
 * A consumer of one partition that reads committed offsets from the beginning on, from the leader or, when it is in a
 * rack, from the follower that the leader names (KIP-392). It holds the brokers to the order and completeness of what
 * they serve: the next record is the next offset, whoever serves it.
 */
import type { Millis } from '@tidelog/core';
import {
  batchesOf,
  ErrorCode,
  errorName,
  Fetch,
  isRetriable,
  recordsOf,
  verifyCrc,
  type ResponseOf,
} from '@tidelog/protocol';
import type { PartitionHistory } from '../oracle/partition-history.ts';
import { Violation } from '../violation.ts';
import { onlyNetworkErrors, type SimClient } from './sim-client.ts';

export interface SimConsumerOptions {
  readonly client: SimClient;
  readonly topic: string;
  readonly partition: number;
  readonly history: PartitionHistory;
  /** Empty: in none. */
  readonly rack: string;
  /** A record whose checksum is wrong is fetched again instead of reported: a disk of the cluster rots. */
  readonly toleratesRot: () => boolean;
}

type Fetched = ResponseOf<typeof Fetch>['responses'][number]['partitions'][number];

/** Where it reads when that is not the leader, and until when: then the leader is asked again. */
interface ReadReplica {
  readonly nodeId: number;
  readonly until: Millis;
}

const retryMs = 40;
/** A consumer keeps to a follower for metadata.max.age.ms. */
const readReplicaMs: Millis = 8000;

export class SimConsumer {
  readonly #options: SimConsumerOptions;
  #position = 0;
  #readReplica: ReadReplica | undefined;
  #stopped = false;

  constructor(options: SimConsumerOptions) {
    this.#options = options;
  }

  get partition(): number {
    return this.#options.partition;
  }

  get position(): number {
    return this.#position;
  }

  start(): void {
    this.#options.client.spawn(() => this.#run());
  }

  stop(): void {
    this.#stopped = true;
  }

  async #run(): Promise<void> {
    const { client } = this.#options;
    while (!this.#stopped) {
      const fetched = await this.#fetch();
      if (fetched !== undefined && this.#take(fetched)) continue;
      // A follower that is only behind in the metadata is asked again.
      if (fetched?.errorCode !== ErrorCode.UNKNOWN_LEADER_EPOCH) this.#readReplica = undefined;
      await client.sleep(retryMs * (1 + client.random.next()));
      await client.refresh();
    }
  }

  async #fetch(): Promise<Fetched | undefined> {
    const { client, topic, partition, rack } = this.#options;
    const leader = client.leaderOf(topic, partition);
    const topicId = client.topicId(topic);
    if (leader === undefined || topicId === undefined) return undefined;
    if (this.#readReplica !== undefined && this.#readReplica.until <= client.now) this.#readReplica = undefined;
    const position = {
      partition,
      currentLeaderEpoch: leader.leaderEpoch,
      fetchOffset: this.#position,
      partitionMaxBytes: 16_384,
    };
    const request = {
      maxWaitMs: 300,
      minBytes: 1,
      maxBytes: 65_536,
      topics: [{ topic, topicId, partitions: [position] }],
      forgottenTopicsData: [],
      rackId: rack,
    };
    const to = { nodeId: this.#readReplica?.nodeId ?? leader.nodeId, channel: `fetch-${partition}` };
    const response = await client.send(to, Fetch, request).catch(onlyNetworkErrors);
    return response?.responses[0]?.partitions[0];
  }

  /** False when it should be asked again after a while. */
  #take(fetched: Fetched): boolean {
    // A follower may be behind; the leader is not.
    if (fetched.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE && this.#readReplica !== undefined) return false;
    if (fetched.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) {
      this.#fail('committed record lost', `offset ${this.#position}, read up to before, is out of the leader's range`);
    }
    if (fetched.errorCode !== ErrorCode.NONE) {
      if (isRetriable(fetched.errorCode) || this.#options.toleratesRot()) return false;
      this.#fail('unexpected refusal', `a fetch at ${this.#position} is refused with ${errorName(fetched.errorCode)}`);
    }
    if (fetched.preferredReadReplica >= 0) {
      this.#readReplica = { nodeId: fetched.preferredReadReplica, until: this.#options.client.now + readReplicaMs };
    }
    if (fetched.records === null) return true;
    for (const { header, bytes } of batchesOf(fetched.records)) {
      if (header.lastOffset < this.#position) continue;
      if (!verifyCrc(bytes, 0, header)) {
        if (this.#options.toleratesRot()) return false;
        this.#fail('corrupt record served', `the batch at ${header.baseOffset} has a wrong checksum`);
      }
      if (header.lastOffset >= fetched.highWatermark) {
        this.#fail('served before commit', `the batch at ${header.baseOffset} is past ${fetched.highWatermark}`);
      }
      for (const { offset, value } of recordsOf(bytes)) this.#see(offset, value);
    }
    return true;
  }

  #see(offset: number, value: Buffer | null): void {
    if (offset < this.#position) return;
    if (offset > this.#position) {
      this.#fail('poll skip', `the record after ${this.#position - 1} has the offset ${offset}`);
    }
    this.#position = offset + 1;
    this.#options.history.onSeen(offset, nameOf(value));
  }

  #fail(invariant: string, message: string): never {
    const { client, topic, partition } = this.#options;
    throw new Violation(invariant, `${topic}-${partition}, consumer ${client.hostName}: ${message}`);
  }
}

/** What the producer called the record: its value up to the padding. */
export function nameOf(value: Buffer | null): string {
  const text = value?.toString('latin1') ?? '';
  const end = text.indexOf(' ');
  return end < 0 ? text : text.slice(0, end);
}
