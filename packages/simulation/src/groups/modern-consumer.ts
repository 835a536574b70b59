/**
 * A consumer of the consumer protocol (KIP-848): one heartbeat says and hears everything. After a heartbeat whose
 * answer was lost it says everything anew, since the coordinator may have told it something.
 */
import type { Millis } from '@tidelog/core';
import { ConsumerGroupHeartbeat, ErrorCode, type ResponseOf } from '@tidelog/protocol';
import type { Answer } from './coordinator-link.ts';
import { GroupConsumer } from './group-consumer.ts';
import { heartbeatMs, rebalanceTimeoutMs, sharedTopic } from './group-settings.ts';

const retryMs = 80;
const joinEpoch = 0;
const leaveEpoch = -1;
const staticLeaveEpoch = -2;

type Told = ResponseOf<typeof ConsumerGroupHeartbeat>;

export class ModernConsumer extends GroupConsumer {
  #saysAll = true;
  /** What it last said it owns, and was heard. */
  #said = '';
  /** When it sent the first heartbeat since the last that was answered. */
  #unheardSince: Millis | undefined;

  override get isSettled(): boolean {
    return this.member.epoch > joinEpoch && !this.#saysAll;
  }

  protected override async speak(): Promise<void> {
    const { member, client } = this;
    const topicId = client.topicId(sharedTopic);
    if (topicId === undefined) {
      await client.refresh();
      return await this.#pause();
    }
    const isJoining = member.epoch === joinEpoch;
    const { partitions } = this.reader;
    const owned = partitions.length === 0 ? [] : [{ topicId, partitions }];
    const isNews = this.#saysAll || partitions.join() !== this.#said;
    const unheardSince = (this.#unheardSince ??= client.now);
    const answer = await this.#send(member.epoch, { topicPartitions: isNews ? owned : null });
    if (answer === undefined) {
      this.#saysAll = true;
      return await this.#pause();
    }
    const { response } = answer;
    if (response.errorCode !== ErrorCode.NONE) return await this.#onError(response.errorCode);
    this.#unheardSince = undefined;
    this.#saysAll = false;
    this.#said = partitions.join();
    const isBehind = response.memberEpoch > member.epoch;
    member.epoch = response.memberEpoch;
    if (isJoining) {
      this.history.onJoined(member, answer);
      this.history.onWritten(member, answer);
    }
    if (await this.#onTold(answer, { unheardSince, isBehind })) return;
    const longestMs = Math.min(heartbeatMs, response.heartbeatIntervalMs);
    await client.sleep(longestMs * (0.5 + 0.5 * client.random.next()));
  }

  protected override async sayGoodbye(): Promise<boolean> {
    if (this.member.epoch === joinEpoch) return false;
    const comesBack = this.member.instanceId !== null && this.client.random.next() < 0.5;
    const answer = await this.#send(comesBack ? staticLeaveEpoch : leaveEpoch, { topicPartitions: null });
    return answer?.response.errorCode === ErrorCode.NONE;
  }

  #send(
    memberEpoch: number,
    { topicPartitions }: { topicPartitions: { topicId: string; partitions: number[] }[] | null },
  ): Promise<Answer<Told> | undefined> {
    const { groupId, memberId, instanceId } = this.member;
    const all = this.#saysAll ? { rebalanceTimeoutMs, subscribedTopicNames: [sharedTopic] } : {};
    const request = { groupId, memberId, memberEpoch, instanceId, topicPartitions, ...all };
    const owned = topicPartitions?.flatMap(({ partitions }) => partitions);
    const onLost = (sentAt: Millis): void => {
      if (owned !== undefined) this.history.onUnheard(this.member, owned, sentAt);
    };
    return this.link.ask(ConsumerGroupHeartbeat, request, { channel: 'group', onLost });
  }

  /**
   * True when there is something to say at once. What it is asked to give up at the epoch that it has is its own still;
   * what is missing at a later one may be another's, and is not committed any more.
   */
  async #onTold(
    answer: Answer<Told>,
    { unheardSince, isBehind }: { unheardSince: Millis; isBehind: boolean },
  ): Promise<boolean> {
    const { reader } = this;
    const { assignment } = answer.response;
    const assigned = assignment?.topicPartitions.flatMap(({ partitions }) => partitions) ?? reader.partitions;
    const revoked = reader.partitions.filter((partition) => !assigned.includes(partition));
    const given = assigned.filter((partition) => !reader.partitions.includes(partition));
    if (revoked.length > 0 && !isBehind) await reader.commit();
    reader.giveUp(revoked);
    this.onAccepted(answer, revoked.length > 0 ? unheardSince : answer.sentAt);
    if (given.length > 0) reader.take(given, answer);
    return revoked.length > 0 || given.length > 0;
  }

  async #onError(error: number): Promise<void> {
    if (error === ErrorCode.FENCED_INSTANCE_ID) return this.fenced();
    const isOut =
      error === ErrorCode.UNKNOWN_MEMBER_ID ||
      error === ErrorCode.FENCED_MEMBER_EPOCH ||
      error === ErrorCode.GROUP_ID_NOT_FOUND;
    this.#saysAll = true;
    if (isOut) this.lose(joinEpoch);
    else if (error !== ErrorCode.UNRELEASED_INSTANCE_ID && !this.link.mustRetry(error)) {
      throw new Error(`a member of the consumer protocol is told ${error}`);
    }
    await this.#pause();
  }

  async #pause(): Promise<void> {
    await this.client.sleep(retryMs * (1 + this.client.random.next()));
  }
}
