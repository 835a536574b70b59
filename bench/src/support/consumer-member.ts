/**
 * A member of the consumer protocol (KIP-848) as Kafka's own consumer behaves, without fetching: says all about itself
 * when it joins, takes and gives up what it is told, confirms that at once, and otherwise beats when the coordinator
 * asked it to.
 */
import { randomUUID } from 'node:crypto';
import { ConsumerGroupHeartbeat, ErrorCode, errorName, type ResponseOf } from '@tidelog/protocol';
import { Nap, type GroupMember, type MemberOptions } from './group-member.ts';

const rebalanceTimeoutMs = 300_000;
const retryMs = 20;

export class ConsumerMember implements GroupMember {
  assigned: ReadonlySet<number> = new Set();
  settledIn: number | undefined;
  givenUp = 0;
  readonly #options: MemberOptions & { readonly topicId: string };
  readonly #memberId = randomUUID();
  readonly #nap = new Nap();
  #epoch = 0;
  #stopped = false;
  /** What it has is not what the coordinator heard last. */
  #unconfirmed = false;

  constructor(options: MemberOptions & { readonly topicId: string }) {
    this.#options = options;
  }

  async run(): Promise<void> {
    while (!this.#stopped) {
      const response = await this.#heartbeat();
      const intervalMs = this.#onResponse(response);
      if (!this.#unconfirmed && !this.#stopped) await this.#nap.sleep(intervalMs);
    }
  }

  async beat(): Promise<void> {
    const { errorCode } = await this.#heartbeat();
    if (errorCode !== ErrorCode.NONE) throw new Error(`a heartbeat was refused: ${errorName(errorCode)}`);
  }

  async leave(): Promise<void> {
    this.stop();
    const { connection, groupId } = this.#options;
    const request = { groupId, memberId: this.#memberId, memberEpoch: -1 };
    await connection.send(ConsumerGroupHeartbeat, request, { version: 1 });
  }

  stop(): void {
    this.#stopped = true;
    this.#nap.wake();
  }

  async #heartbeat(): Promise<ResponseOf<typeof ConsumerGroupHeartbeat>> {
    const { connection, groupId, topic, topicId } = this.#options;
    const joins = this.#epoch === 0;
    const topicPartitions = this.assigned.size === 0 ? [] : [{ topicId, partitions: [...this.assigned] }];
    const request = {
      groupId,
      memberId: this.#memberId,
      memberEpoch: this.#epoch,
      ...(joins ? { rebalanceTimeoutMs, subscribedTopicNames: [topic] } : {}),
      topicPartitions: joins || this.#unconfirmed ? topicPartitions : null,
    };
    this.#unconfirmed = false;
    return await connection.send(ConsumerGroupHeartbeat, request, { version: 1 });
  }

  /** Milliseconds until the next heartbeat. */
  #onResponse(response: ResponseOf<typeof ConsumerGroupHeartbeat>): number {
    const { errorCode, memberEpoch, heartbeatIntervalMs, assignment } = response;
    switch (errorCode) {
      case ErrorCode.NONE:
        break;
      case ErrorCode.FENCED_MEMBER_EPOCH:
      case ErrorCode.UNKNOWN_MEMBER_ID:
        this.#epoch = 0;
        this.settledIn = undefined;
        this.#take([]);
        return 0;
      case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
      case ErrorCode.COORDINATOR_NOT_AVAILABLE:
        return retryMs;
      default:
        throw new Error(`the group ${this.#options.groupId} refuses a member: ${errorName(errorCode)}`);
    }
    this.#epoch = memberEpoch;
    if (assignment !== null) this.#take(assignment.topicPartitions.flatMap(({ partitions }) => partitions));
    this.settledIn = this.#unconfirmed ? undefined : memberEpoch;
    this.#options.onChange();
    return heartbeatIntervalMs;
  }

  #take(partitions: readonly number[]): void {
    const before = this.assigned;
    this.assigned = new Set(partitions);
    const lost = [...before].filter((partition) => !this.assigned.has(partition)).length;
    this.givenUp += lost;
    this.#unconfirmed = lost > 0 || this.assigned.size > before.size;
  }
}
