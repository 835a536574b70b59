/**
 * A producer for one partition. An idempotent one keeps several batches under way and, when one fails, sends everything
 * from it on again in its order, with the sequences it had; a plain one has one batch under way and may duplicate. Both
 * use acks=all and never give up. Now and then an acknowledged batch is sent once more over another connection, as a
 * confused network would.
 *
 *   idle ─▶ sending (up to maxInFlight) ─failure─▶ recovering (nothing under way, new metadata) ─▶ sending
 */
import { Chunks, type Millis } from '@tidelog/core';
import {
  buildBatch,
  ErrorCode,
  errorName,
  InitProducerId,
  isRetriable,
  Produce,
  type Codec,
  type ResponseOf,
} from '@tidelog/protocol';
import type { PartitionHistory } from '../oracle/partition-history.ts';
import { Violation } from '../violation.ts';
import { onlyNetworkErrors, type SimClient } from './sim-client.ts';

export interface SimProducerOptions {
  readonly client: SimClient;
  readonly name: string;
  readonly topic: string;
  readonly partition: number;
  readonly history: PartitionHistory;
  readonly idempotent: boolean;
  readonly maxInFlight: number;
  /** Between batches, on average. */
  readonly intervalMs: Millis;
  readonly codec: Codec;
}

interface Batch {
  /** Counts the producer's batches. */
  readonly number: number;
  readonly baseSequence: number;
  readonly values: readonly string[];
  readonly timestamp: number;
  underWay: boolean;
}

type Answer = ResponseOf<typeof Produce>['responses'][number]['partitionResponses'][number];

const maxWaiting = 30;
/**
 * A broker recognises the last five batches of a producer. Whoever may have to repeat one must not have sent more than
 * that from it on, whatever of them is acknowledged already.
 */
const rememberedBatches = 5;
const retryMs: Millis = 40;
const replayChance = 0.01;
const produceTimeoutMs = 3000;

export class SimProducer {
  readonly #options: SimProducerOptions;
  acknowledgedBatches = 0;
  #queue: Batch[] = [];
  #nextNumber = 0;
  #nextSequence = 0;
  #producerId = -1;
  #producerEpoch = -1;
  #inFlight = 0;
  #recovering = false;
  #stopped = false;

  constructor(options: SimProducerOptions) {
    this.#options = options;
  }

  /** Everything that was sent is acknowledged. */
  get isIdle(): boolean {
    return this.#queue.length === 0;
  }

  start(): void {
    this.#options.client.spawn(() => this.#run());
  }

  /** Makes no new records; what was made is still brought to its end. */
  stop(): void {
    this.#stopped = true;
  }

  async #run(): Promise<void> {
    const { client, idempotent, intervalMs } = this.#options;
    if (idempotent) await this.#initialize();
    while (!this.#stopped) {
      await client.sleep(intervalMs * 2 * client.random.next());
      if (this.#queue.length >= maxWaiting) continue;
      this.#queue.push(this.#makeBatch());
      this.#pump();
    }
  }

  async #initialize(): Promise<void> {
    const { client } = this.#options;
    while (this.#producerId < 0) {
      const response = await client.ask(InitProducerId, { transactionalId: null, transactionTimeoutMs: 60_000 });
      if (response?.errorCode === ErrorCode.NONE) {
        this.#producerId = response.producerId;
        this.#producerEpoch = response.producerEpoch;
      } else {
        await client.sleep(retryMs);
      }
    }
  }

  #makeBatch(): Batch {
    const { client, name, idempotent, history } = this.#options;
    const { random } = client;
    const baseSequence = this.#nextSequence;
    const count = 1 + random.below(4);
    const values = Array.from({ length: count }, (_, i) => `${name}.${baseSequence + i}`);
    for (const [i, value] of values.entries()) {
      history.onSent(value, { producer: name, index: baseSequence + i, idempotent });
    }
    this.#nextSequence += count;
    return {
      number: this.#nextNumber++,
      baseSequence,
      values,
      timestamp: client.world.clock.wall(),
      underWay: false,
    };
  }

  #pump(): void {
    const { maxInFlight, idempotent } = this.#options;
    // A partition takes any sequence from a producer that it does not know, as Kafka does: were the first batch refused
    // and the second one taken, the first could never follow.
    const most = idempotent && this.acknowledgedBatches > 0 ? maxInFlight : 1;
    if (this.#recovering) return;
    const first = this.#queue[0]?.number ?? 0;
    for (const batch of this.#queue) {
      if (this.#inFlight >= most || this.#recovering || batch.number >= first + rememberedBatches) return;
      if (!batch.underWay) this.#send(batch);
    }
  }

  #send(batch: Batch): void {
    batch.underWay = true;
    this.#inFlight++;
    void this.#await(batch);
  }

  async #await(batch: Batch): Promise<void> {
    const answer = await this.#produce(batch, 'produce');
    batch.underWay = false;
    this.#inFlight--;
    if (answer !== undefined && this.#isSuccess(batch, answer)) this.#acknowledge(batch, answer);
    else this.#recover();
    this.#afterAnswer();
  }

  async #produce(batch: Batch, channel: string): Promise<Answer | undefined> {
    const { client, topic, partition, codec, idempotent } = this.#options;
    const leader = client.leaderOf(topic, partition);
    const topicId = client.topicId(topic);
    if (leader === undefined || topicId === undefined) return undefined;
    const { timestamp } = batch;
    const records = Chunks.of(
      buildBatch({
        codec,
        records: batch.values.map((value) => ({ key: null, value: Buffer.from(padded(value)), timestamp })),
        ...(idempotent && {
          producerId: this.#producerId,
          producerEpoch: this.#producerEpoch,
          baseSequence: batch.baseSequence,
        }),
      }),
    );
    const topicData = [{ name: topic, topicId, partitionData: [{ index: partition, records }] }];
    const to = { nodeId: leader.nodeId, channel: `${channel}-${partition}` };
    const request = { acks: -1, timeoutMs: produceTimeoutMs, topicData };
    const response = await client.send(to, Produce, request).catch(onlyNetworkErrors);
    return response?.responses[0]?.partitionResponses[0];
  }

  #isSuccess(batch: Batch, { errorCode, errorMessage }: Answer): boolean {
    if (errorCode === ErrorCode.NONE || errorCode === ErrorCode.DUPLICATE_SEQUENCE_NUMBER) return true;
    if (isRetriable(errorCode) && errorCode !== ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER) return false;
    // A batch that overtook one that failed is refused; that is what the sequence is for.
    if (errorCode === ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER && batch !== this.#queue[0]) return false;
    const { name, topic, partition, client } = this.#options;
    throw new Violation(
      errorCode === ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER ? 'acknowledged record lost' : 'unexpected refusal',
      `${topic}-${partition}: ${name}'s batch at sequence ${batch.baseSequence}, whose predecessors are all ` +
        `acknowledged, is refused by node ${client.leaderOf(topic, partition)?.nodeId} with ` +
        `${errorName(errorCode)} (${errorMessage ?? 'no detail'})`,
    );
  }

  #acknowledge(batch: Batch, answer: Answer): void {
    const { history, client, idempotent } = this.#options;
    this.#queue.splice(this.#queue.indexOf(batch), 1);
    this.acknowledgedBatches++;
    const base = answer.errorCode === ErrorCode.NONE ? answer.baseOffset : -1;
    for (const [i, value] of batch.values.entries()) history.onAcknowledged(value, base < 0 ? -1 : base + i);
    if (idempotent && client.random.next() < replayChance) void this.#produce(batch, 'replay');
  }

  #recover(): void {
    this.#recovering = true;
  }

  #afterAnswer(): void {
    if (!this.#recovering) return this.#pump();
    if (this.#inFlight > 0) return;
    void this.#resume();
  }

  async #resume(): Promise<void> {
    const { client } = this.#options;
    await client.sleep(retryMs * (1 + client.random.next()));
    await client.refresh();
    this.#recovering = false;
    this.#pump();
  }
}

/** Records of different sizes, the same at every attempt. */
function padded(value: string): string {
  let hash = 7;
  for (let i = 0; i < value.length; i++) hash = (hash * 31 + value.charCodeAt(i)) & 0xffff;
  return `${value} ${'.'.repeat(hash % 97 === 0 ? 3000 : hash % 160)}`;
}
