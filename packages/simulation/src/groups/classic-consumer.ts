/**
 * A consumer of the classic protocol.
 *
 *   joining ─▶ syncing ─▶ beating ─(rebalance, generation lost)─▶ joining
 *
 * An eager one gives everything up before it joins. A cooperative one keeps what it has, says so, and joins once more
 * when it was told to give something up.
 */
import type { Millis } from '@tidelog/core';
import { ErrorCode, Heartbeat, JoinGroup, LeaveGroup, SyncGroup, type ResponseOf } from '@tidelog/protocol';
import { assignCooperatively, assignInTurn, type Shares } from './classic-assignor.ts';
import type { Answer } from './coordinator-link.ts';
import { assignmentBytes, claimOf, partitionsIn, subscriptionBytes } from './embedded-protocol.ts';
import { GroupConsumer, type GroupConsumerOptions } from './group-consumer.ts';
import { heartbeatMs, rebalanceTimeoutMs, sessionTimeoutMs, sharedTopic } from './group-settings.ts';

const retryMs = 80;
const noGeneration = -1;

type Joined = ResponseOf<typeof JoinGroup>;

interface Assigned {
  readonly generationId: number;
  /** By the coordinator, in a group that others share by the consumer protocol, and not by one of the members. */
  readonly isCoordinated: boolean;
  readonly partitions: readonly number[];
}

export class ClassicConsumer extends GroupConsumer {
  readonly #isCooperative: boolean;
  #mustJoin = true;
  /** When it first asked to join since it was last told what it has. */
  #joiningSince: Millis | undefined;
  /** As a leader: the partitions that were there when it assigned. */
  #assignedCount: number | undefined;

  constructor(options: GroupConsumerOptions) {
    super(options);
    this.#isCooperative = options.kind === 'cooperative';
  }

  override get isSettled(): boolean {
    return !this.#mustJoin && this.#assignedCount !== 0;
  }

  protected override async speak(): Promise<void> {
    if (this.#mustJoin) await this.#join();
    else await this.#beat();
  }

  protected override async sayGoodbye(): Promise<boolean> {
    const { groupId, memberId, instanceId: groupInstanceId } = this.member;
    if (memberId === '') return false;
    const request = { groupId, members: [{ memberId, groupInstanceId }] };
    const answer = await this.link.ask(LeaveGroup, request, { channel: 'group' });
    return answer?.response.errorCode === ErrorCode.NONE && answer.response.members[0]?.errorCode === ErrorCode.NONE;
  }

  async #join(): Promise<void> {
    const { member, reader, client } = this;
    if (!this.#isCooperative && reader.partitions.length > 0) {
      await reader.commit();
      reader.giveUp();
    }
    const { groupId, memberId, instanceId: groupInstanceId, epoch: generationId } = member;
    const metadata = subscriptionBytes({ owned: reader.partitions, generationId });
    const protocols = [{ name: this.#isCooperative ? 'cooperative-sticky' : 'roundrobin', metadata }];
    const request = { groupId, memberId, groupInstanceId, sessionTimeoutMs, rebalanceTimeoutMs, protocols };
    this.history.onJoining(member);
    this.#joiningSince ??= client.now;
    const answer = await this.link.ask(
      JoinGroup,
      { ...request, protocolType: 'consumer' },
      { channel: 'group', timeoutMs: rebalanceTimeoutMs + sessionTimeoutMs },
    );
    if (answer === undefined) return await this.#pause();
    const { response } = answer;
    if (response.errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      member.memberId = response.memberId;
    } else if (response.errorCode === ErrorCode.NONE) {
      member.memberId = response.memberId;
      this.history.onJoined(member, answer);
      await client.refresh();
      await this.#sync(answer);
    } else {
      await this.#onError(response.errorCode);
    }
  }

  async #sync(joined: Answer<Joined>): Promise<void> {
    const { member, link, history } = this;
    const { generationId, protocolType, protocolName, memberId } = joined.response;
    const { groupId, instanceId: groupInstanceId } = member;
    const assignments = Array.from(this.#assign(joined.response), ([to, partitions]) => {
      return { memberId: to, assignment: assignmentBytes(partitions) };
    });
    const identity = { groupId, memberId, groupInstanceId, generationId };
    const request = { ...identity, protocolType, protocolName, assignments };
    const answer = await link.ask(SyncGroup, request, { channel: 'group', timeoutMs: rebalanceTimeoutMs });
    if (answer === undefined) return await this.#pause();
    if (answer.response.errorCode !== ErrorCode.NONE) return await this.#onError(answer.response.errorCode);
    history.onSynced(member, answer);
    history.onWritten(member, { sentAt: joined.sentAt, wasCurrent: joined.wasCurrent && answer.wasCurrent });
    const isCoordinated = joined.response.leader === '';
    await this.#onAssigned(
      { generationId, isCoordinated, partitions: partitionsIn(answer.response.assignment) },
      answer,
    );
  }

  /** As a leader: what everybody gets. */
  #assign({ leader, memberId, members, skipAssignment }: Joined): Shares {
    this.#assignedCount = undefined;
    if (leader !== memberId) return new Map();
    const count = this.client.partitionsOf(sharedTopic);
    // What is in force was assigned when nobody knows how many partitions there were: it is assigned anew soon.
    this.#assignedCount = skipAssignment ? 0 : count;
    if (skipAssignment) return new Map();
    const claims = members.map((each) => claimOf(each.memberId, each.metadata));
    if (this.#isCooperative) return assignCooperatively(claims, count);
    return assignInTurn(
      claims.map((claim) => claim.memberId),
      count,
    );
  }

  async #onAssigned({ generationId, isCoordinated, partitions }: Assigned, answer: Answer<unknown>): Promise<void> {
    const { member, reader } = this;
    const revoked = reader.partitions.filter((partition) => !partitions.includes(partition));
    // What it held through a generation that it missed may have been another's.
    const isLost = !isCoordinated && generationId !== member.epoch + 1;
    if (isLost) reader.giveUp();
    member.epoch = generationId;
    if (revoked.length > 0 && !isLost) await reader.commit();
    reader.giveUp(revoked);
    const revokingSince = isCoordinated && revoked.length > 0 ? this.#joiningSince : undefined;
    this.#joiningSince = undefined;
    this.onAccepted(answer, revokingSince);
    reader.take(partitions, answer);
    this.#mustJoin = revoked.length > 0;
  }

  async #beat(): Promise<void> {
    const { member, client, history } = this;
    const { groupId, memberId, instanceId: groupInstanceId, epoch: generationId } = member;
    const fencedBy = history.fencedBy(member);
    const request = { groupId, memberId, groupInstanceId, generationId };
    const answer = await this.link.ask(Heartbeat, request, { channel: 'group' });
    if (answer === undefined) return await this.#pause();
    if (answer.response.errorCode !== ErrorCode.NONE) return await this.#onError(answer.response.errorCode);
    if (fencedBy !== undefined && answer.wasCurrent) history.failFenced(member, 'is told that all is well', fencedBy);
    this.onAccepted(answer);
    await client.sleep(heartbeatMs * (0.5 + client.random.next()));
    if (this.#assignedCount === undefined) return;
    // The leader watches the topic for all.
    await client.refresh();
    if (client.partitionsOf(sharedTopic) > this.#assignedCount) this.#mustJoin = true;
  }

  async #onError(error: number): Promise<void> {
    if (error === ErrorCode.FENCED_INSTANCE_ID) return this.fenced();
    if (error === ErrorCode.UNKNOWN_MEMBER_ID || error === ErrorCode.ILLEGAL_GENERATION) {
      this.lose(noGeneration);
      this.#mustJoin = true;
    }
    if (error === ErrorCode.UNKNOWN_MEMBER_ID) this.member.memberId = '';
    if (error === ErrorCode.REBALANCE_IN_PROGRESS) this.#mustJoin = true;
    else if (!this.link.mustRetry(error) && !this.#mustJoin) throw new Error(`a classic member is told ${error}`);
    await this.#pause();
  }

  async #pause(): Promise<void> {
    await this.client.sleep(retryMs * (1 + this.client.random.next()));
  }
}
