/** One consumer process of a group: what the two protocols have in common, and what a run can do to it. */
import type { Millis } from '@tidelog/core';
import type { PartitionHistory } from '../oracle/partition-history.ts';
import type { SimClient } from '../workload/sim-client.ts';
import { CoordinatorLink, type Answer } from './coordinator-link.ts';
import type { Coordinators } from './coordinators.ts';
import type { MemberKind } from './group-settings.ts';
import type { GroupHistory } from './oracle/group-history.ts';
import type { GroupMember } from './oracle/group-member.ts';
import { PartitionReader } from './partition-reader.ts';

export interface GroupConsumerOptions {
  readonly client: SimClient;
  readonly kind: MemberKind;
  readonly member: GroupMember;
  readonly history: GroupHistory;
  readonly coordinators: Coordinators;
  readonly records: (partition: number) => PartitionHistory | undefined;
  readonly toleratesRot: () => boolean;
  /** Another process has its instance id. */
  readonly onFenced: () => void;
}

export abstract class GroupConsumer {
  readonly client: SimClient;
  readonly member: GroupMember;
  readonly reader: PartitionReader;
  /** Says nothing to the coordinator, and goes on reading and committing. */
  stalls = false;
  /** When it sent what the coordinator accepted last. */
  heardAt: Millis = -Infinity;
  protected readonly history: GroupHistory;
  protected readonly link: CoordinatorLink;
  readonly #onFenced: () => void;
  #isFenced = false;
  #onGone: (() => void) | undefined;

  constructor({ client, member, history, coordinators, records, toleratesRot, onFenced }: GroupConsumerOptions) {
    this.client = client;
    this.member = member;
    this.history = history;
    this.link = new CoordinatorLink({ client, groupId: member.groupId, coordinators });
    this.reader = new PartitionReader({ client, link: this.link, member, history, records, toleratesRot });
    this.#onFenced = onFenced;
  }

  /** Has what it was given, and knows of nothing that will change. */
  abstract get isSettled(): boolean;

  start(): void {
    this.reader.start();
    this.client.spawn(async () => {
      while (this.#onGone === undefined) {
        if (this.stalls) await this.client.sleep(100);
        else await this.speak();
      }
      await this.reader.commit();
      this.reader.giveUp();
      if (!this.#isFenced && (await this.sayGoodbye())) this.history.onLeft(this.member);
      this.#onGone();
    });
  }

  /** In good order, after what it is about to hear; `onGone` when the coordinator has heard, or cannot be reached. */
  leave(onGone: () => void): void {
    this.#onGone ??= onGone;
  }

  /** The coordinator took it for one of the group; `revokingSince` as for `SingleOwner`. */
  protected onAccepted(answer: Answer<unknown>, revokingSince: Millis = answer.sentAt): void {
    this.heardAt = answer.sentAt;
    this.history.onAlive(this.member, answer, revokingSince);
  }

  /** One exchange with the coordinator, and the time until the next one. */
  protected abstract speak(): Promise<void>;

  /** True when it was heard. */
  protected abstract sayGoodbye(): Promise<boolean>;

  /** Its place is another's: the process ends. */
  protected fenced(): void {
    this.#isFenced = true;
    this.reader.giveUp();
    this.#onGone ??= () => undefined;
    this.#onFenced();
  }

  /** Nothing is its own any more. */
  protected lose(epoch: number): void {
    this.reader.giveUp();
    this.member.epoch = epoch;
  }
}
