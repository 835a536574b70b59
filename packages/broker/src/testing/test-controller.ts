/**
 * The cluster's metadata in a test: a list of records, an image, and the one request of replication that the controller
 * answers with a decision (AlterPartition), with Kafka's epoch checks. Publishes to every broker at once unless held.
 */
import { MetadataDelta, emptyMetadataImage, type AnyMetadataRecord, type MetadataImage } from '@tidelog/metadata';
import type { MetadataPublisher, PartitionImage } from '@tidelog/metadata';
import { ErrorCode, type AlterPartition, type RequestOf } from '@tidelog/protocol';

type AlterRequest = RequestOf<typeof AlterPartition>;
type AskedPartition = AlterRequest['topics'][number]['partitions'][number];

export class TestController {
  image: MetadataImage = emptyMetadataImage;
  /** While true, ISR changes are not answered. */
  isDown = false;
  readonly #publishers: MetadataPublisher[] = [];
  #nextProducerId = 1000;

  addPublisher(publisher: MetadataPublisher): void {
    this.#publishers.push(publisher);
    const delta = new MetadataDelta(emptyMetadataImage);
    publisher.onMetadata(this.image, deltaTo(delta, this.#records));
  }

  removePublisher(publisher: MetadataPublisher): void {
    this.#publishers.splice(this.#publishers.indexOf(publisher), 1);
  }

  readonly #records: AnyMetadataRecord[] = [];

  commit(...records: AnyMetadataRecord[]): void {
    this.#records.push(...records);
    const delta = deltaTo(new MetadataDelta(this.image), records);
    this.image = delta.apply({ offset: this.#records.length, epoch: 1 });
    for (const publisher of this.#publishers) publisher.onMetadata(this.image, delta);
  }

  registerBroker(brokerId: number, brokerEpoch: number, rack: string | null = null): void {
    const endPoints = [{ name: 'PLAINTEXT', host: `broker-${brokerId}`, port: 9092, securityProtocol: 0 }];
    this.commit({
      type: 'registerBroker',
      brokerId,
      brokerEpoch,
      endPoints,
      rack,
      incarnationId: 'AAAAAAAAAAAAAAAAAAAAAA',
      features: [],
      fenced: false,
      inControlledShutdown: false,
      logDirs: [],
      cordonedLogDirs: [],
    });
  }

  fence(brokerId: number, fenced: boolean): void {
    const brokerEpoch = this.image.cluster.brokerEpoch(brokerId);
    this.commit({ type: 'brokerRegistrationChange', brokerId, brokerEpoch, fenced });
  }

  createTopic(topic: {
    readonly name: string;
    readonly topicId: string;
    readonly replicas: readonly number[][];
  }): void {
    const partitions = topic.replicas.map((replicas, partitionId) => ({
      type: 'partition' as const,
      topicId: topic.topicId,
      partitionId,
      replicas,
      directories: [],
      isr: replicas,
      leader: replicas[0] ?? -1,
      leaderEpoch: 0,
      partitionEpoch: 0,
      eligibleLeaderReplicas: [],
      lastKnownElr: [],
      addingReplicas: [],
      removingReplicas: [],
      leaderRecoveryState: 0 as const,
    }));
    this.commit({ type: 'topic', name: topic.name, topicId: topic.topicId }, ...partitions);
  }

  /** Another leader, with an ISR. */
  elect(topicId: string, partitionId: number, { leader, isr }: { leader: number; isr?: readonly number[] }): void {
    this.commit({ type: 'partitionChange', topicId, partitionId, leader, ...(isr !== undefined && { isr }) });
  }

  alterPartition(request: AlterRequest): unknown {
    const topics = request.topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map((asked) => this.#alter(topicId, asked)),
    }));
    return { errorCode: ErrorCode.NONE, topics };
  }

  allocateProducerIds(): unknown {
    const producerIdStart = this.#nextProducerId;
    this.#nextProducerId += 10;
    return { errorCode: ErrorCode.NONE, producerIdStart, producerIdLen: 10 };
  }

  #alter(topicId: string, asked: AskedPartition): unknown {
    const partitionId = asked.partitionIndex;
    const current = this.image.topics.partition(topicId, partitionId);
    const refusal = refusalOf(current, asked);
    if (refusal !== undefined) return { ...answerOf(partitionId, current), errorCode: refusal };
    const isr = asked.newIsrWithEpochs.map((member) => member.brokerId);
    const isIneligible = asked.newIsrWithEpochs.some(({ brokerId, brokerEpoch }) => {
      const { cluster } = this.image;
      return !cluster.isActive(brokerId) || (brokerEpoch !== -1 && brokerEpoch !== cluster.brokerEpoch(brokerId));
    });
    if (isIneligible) return { ...answerOf(partitionId, current), errorCode: ErrorCode.INELIGIBLE_REPLICA };
    this.commit({ type: 'partitionChange', topicId, partitionId, isr, leaderRecoveryState: 0 });
    return answerOf(partitionId, this.image.topics.partition(topicId, partitionId));
  }
}

function refusalOf(current: PartitionImage | undefined, asked: AskedPartition): ErrorCode | undefined {
  if (current === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  if (asked.leaderEpoch !== current.leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH;
  return asked.partitionEpoch === current.partitionEpoch ? undefined : ErrorCode.INVALID_UPDATE_VERSION;
}

function answerOf(partitionIndex: number, image: PartitionImage | undefined): Record<string, unknown> {
  return {
    partitionIndex,
    errorCode: ErrorCode.NONE,
    leaderId: image?.leader ?? -1,
    leaderEpoch: image?.leaderEpoch ?? -1,
    isr: image?.isr ?? [],
    leaderRecoveryState: image?.leaderRecoveryState ?? 0,
    partitionEpoch: image?.partitionEpoch ?? -1,
  };
}

function deltaTo(delta: MetadataDelta, records: readonly AnyMetadataRecord[]): MetadataDelta {
  for (const record of records) delta.replay(record);
  return delta;
}
