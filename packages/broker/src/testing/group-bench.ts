/**
 * A shard of groups in a test: the pure core, a log that is a list, and a clock that is a number. Appends commit at
 * once unless they are held, fail when told to, and `failOver` replays the log into a new core, as another broker
 * would.
 */
import { emptyMetadataImage, MetadataDelta, type AnyMetadataRecord, type MetadataImage } from '@tidelog/metadata';
import { ErrorCode, errorName } from '@tidelog/protocol';
import { GroupCore } from '../coordinator/group/core/group-core.ts';
import {
  defaultConsumerGroupTimings,
  defaultGroupConfig,
  type ConsumerGroupTimings,
  type GroupConfig,
} from '../coordinator/group/core/group-config.ts';
import type { GroupInput } from '../coordinator/group/core/group-inputs.ts';
import type { GroupRecord } from '../coordinator/group/core/group-records.ts';
import { Re2TopicPatterns } from '../coordinator/group/topic-patterns.ts';
import type { EncodedRecord } from '../coordinator/runtime/core/shard-core.ts';
import { Turn, type Requester, type ShardEffect } from '../coordinator/runtime/core/turn.ts';

export interface GroupBenchOptions {
  readonly config?: Partial<GroupConfig>;
  readonly timings?: Partial<ConsumerGroupTimings>;
}

interface Held {
  readonly effects: readonly ShardEffect<GroupRecord>[];
  readonly from: number;
  readonly to: number;
}

/** Somebody who asked. */
export class Asked<Response = never> implements Requester {
  readonly id: number;
  response: Response | undefined;

  constructor(id: number) {
    this.id = id;
  }
}

export class GroupBench {
  core: GroupCore;
  now = 1000;
  image: MetadataImage = emptyMetadataImage;
  readonly log: EncodedRecord[] = [];
  /** Keeps appends on their way until `commit` or `fail`. */
  holds = false;
  readonly #options: GroupBenchOptions;
  #held: Held[] = [];
  #asked = 0;

  constructor(options: GroupBenchOptions = {}) {
    this.#options = options;
    this.core = this.#newCore();
    this.#run((turn) => this.core.loaded(turn));
  }

  /** Asks and gives what was answered so far: nothing yet where the answer waits. */
  ask<Response>(input: (to: Requester) => GroupInput): Asked<Response> {
    const asked = new Asked<Response>(++this.#asked);
    this.#run((turn) => this.core.step(input(asked), turn));
    return asked;
  }

  tell(input: GroupInput): void {
    this.#run((turn) => this.core.step(input, turn));
  }

  /** Lets time pass; what is due happens when it is due. */
  wait(ms: number): void {
    const end = this.now + ms;
    while (this.core.nextDeadline() <= end) {
      this.now = Math.max(this.now, this.core.nextDeadline());
      this.#run((turn) => this.core.tick(turn));
    }
    this.now = end;
  }

  /** What was held is committed. */
  commit(): void {
    const held = this.#held;
    this.#held = [];
    for (const decision of held) this.#release(decision);
  }

  /** What was held is refused, and undone. */
  fail(error: ErrorCode): void {
    const held = this.#held;
    this.#held = [];
    this.core.timeline.revertTo(held[0]?.from ?? this.core.timeline.position);
    this.#run((turn) => this.core.reverted(turn));
    for (const { effects } of held) {
      for (const effect of effects) {
        if (effect.type === 'reply') answer(effect.to, { errorCode: error });
        if (effect.type === 'settle') this.#run((turn) => this.core.appended(effect.token, error, turn));
      }
    }
  }

  /** Another broker takes over: it has the log and nothing else. Whoever waits hears so. */
  failOver(): void {
    const notCoordinator = { errorCode: ErrorCode.NOT_COORDINATOR };
    for (const waiting of this.core.unload()) answer(waiting, notCoordinator);
    for (const { effects } of this.#held) {
      for (const effect of effects) if (effect.type === 'reply') answer(effect.to, notCoordinator);
    }
    this.#held = [];
    this.core = this.replayed();
    this.#run((turn) => this.core.loaded(turn));
  }

  /** A core with what the log says. */
  replayed(): GroupCore {
    const core = this.#newCore();
    core.timeline.recording = false;
    for (const [offset, { key, value }] of this.log.entries()) core.load({ offset, key, value, producerId: -1 });
    core.timeline.recording = true;
    return core;
  }

  createTopic(name: string, partitions: number, topicId = idOf(name)): void {
    this.#change([{ type: 'topic', name, topicId }, ...newPartitions(topicId, 0, partitions)]);
  }

  growTopic(name: string, partitions: number): void {
    const topic = this.image.topics.get(name);
    if (topic !== undefined) this.#change(newPartitions(topic.id, topic.partitions.size, partitions));
  }

  deleteTopic(topicId: string): void {
    this.#change([{ type: 'removeTopic', topicId }]);
  }

  #change(records: readonly AnyMetadataRecord[]): void {
    const delta = new MetadataDelta(this.image);
    for (const record of records) delta.replay(record);
    this.image = delta.apply({ offset: this.image.offset + 1, epoch: 1 });
    const { deleted, changed } = delta.changes.topics;
    const deletedTopics = new Map(Array.from(deleted.values(), ({ id, name }) => [id, name] as const));
    const changedTopics = new Set([...deletedTopics.values(), ...Array.from(changed.values(), ({ name }) => name)]);
    this.tell({ type: 'metadataChanged', image: this.image, deletedTopics, changedTopics });
  }

  #newCore(): GroupCore {
    const { config, timings } = this.#options;
    return new GroupCore({
      config: { ...defaultGroupConfig, ...config },
      timingsOf: () => ({ ...defaultConsumerGroupTimings, ...timings }),
      patterns: new Re2TopicPatterns(),
      image: () => this.image,
    });
  }

  #run(step: (turn: Turn<GroupRecord>) => void): void {
    const turn = new Turn<GroupRecord>(this.now, 1_000_000 + this.now);
    const from = this.core.timeline.position;
    step(turn);
    const { effects } = turn;
    for (const effect of effects) if (effect.type === 'answer') answer(effect.to, effect.response);
    const decision = { effects, from, to: this.core.timeline.position };
    const appends = effects.some(({ type }) => type === 'append');
    if (this.holds && (appends || this.#held.length > 0)) this.#held.push(decision);
    else this.#release(decision);
  }

  #release({ effects, to }: Held): void {
    for (const effect of effects) if (effect.type === 'append') this.log.push(this.core.encode(effect.record));
    this.core.timeline.commitTo(to);
    for (const effect of effects) {
      if (effect.type === 'reply') answer(effect.to, effect.response);
      if (effect.type === 'settle') this.#run((turn) => this.core.appended(effect.token, ErrorCode.NONE, turn));
    }
  }
}

function newPartitions(topicId: string, from: number, to: number): AnyMetadataRecord[] {
  const replica = { replicas: [1], directories: [], isr: [1], leader: 1, leaderEpoch: 0, partitionEpoch: 0 };
  const lists = { eligibleLeaderReplicas: [], lastKnownElr: [], addingReplicas: [], removingReplicas: [] };
  return Array.from({ length: to - from }, (_, i) => {
    return { type: 'partition', topicId, partitionId: from + i, ...replica, ...lists, leaderRecoveryState: 0 } as const;
  });
}

function answer(to: Requester, response: unknown): void {
  (to as Asked<unknown>).response = response;
}

/** A topic's id, made of its name. */
export function idOf(name: string): string {
  return Buffer.from(name.padEnd(16, '.').slice(0, 16)).toString('base64url');
}

export function codeOf(response: { readonly errorCode: number } | undefined): string {
  return response === undefined ? 'waits' : errorName(response.errorCode);
}
