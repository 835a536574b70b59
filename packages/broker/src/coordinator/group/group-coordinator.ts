/**
 * The group coordinator of this broker: the shards of __consumer_offsets that it leads, their cores, and the news of
 * the cluster that they need. Handlers ask it; what it cannot answer itself (not the coordinator, still loading) it
 * says in the response.
 */
import type { Logger, Metrics, World } from '@tidelog/core';
import { effectiveGroupConfig, type MetadataDelta, type MetadataImage } from '@tidelog/metadata';
import { ErrorCode, type Codec } from '@tidelog/protocol';
import type { Replicas } from '../../replication/replicas.ts';
import { offsetsTopic } from '../../topics/coordinator-topics.ts';
import { CoordinatorRuntime, type ShardCall } from '../runtime/coordinator-runtime.ts';
import type { Requester } from '../runtime/core/turn.ts';
import { GroupCore } from './core/group-core.ts';
import type { ConsumerGroupTimings, GroupConfig } from './core/group-config.ts';
import type { GroupInput } from './core/group-inputs.ts';
import type { GroupRecord } from './core/group-records.ts';
import type { ListedGroup } from './core/group-views.ts';
import { fitsWire } from './core/text-limit.ts';
import { exposeGroups } from './group-metrics.ts';
import { Re2TopicPatterns } from './topic-patterns.ts';

export interface GroupCoordinatorConfig extends GroupConfig {
  /** offsets.commit.timeout.ms */
  readonly offsetsCommitTimeoutMs: number;
  /** offsets.load.buffer.size */
  readonly offsetsLoadBufferSize: number;
  /** offsets.topic.compression.codec */
  readonly offsetsTopicCodec: Codec;
}

export interface GroupCoordinatorDeps {
  readonly world: World;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly replicas: Replicas;
  readonly nodeId: number;
  readonly staticConfig: ReadonlyMap<string, string>;
  readonly config: GroupCoordinatorConfig;
}

export class GroupCoordinator {
  readonly #deps: GroupCoordinatorDeps;
  readonly #runtime: CoordinatorRuntime<GroupInput, GroupRecord, GroupCore>;
  #timings = new Map<string, ConsumerGroupTimings>();
  #image: MetadataImage;

  constructor(deps: GroupCoordinatorDeps) {
    const { world, logger, replicas, config } = deps;
    this.#deps = deps;
    this.#image = replicas.image;
    const patterns = new Re2TopicPatterns();
    this.#runtime = new CoordinatorRuntime({
      world,
      logger,
      replicas,
      topic: offsetsTopic,
      timings: {
        commitTimeoutMs: config.offsetsCommitTimeoutMs,
        loadBufferBytes: config.offsetsLoadBufferSize,
        codec: config.offsetsTopicCodec,
      },
      makeCore: () =>
        new GroupCore({
          config,
          timingsOf: (groupId) => this.#timingsOf(groupId),
          patterns,
          image: () => this.#image,
        }),
    });
    exposeGroups(deps.metrics, () => this.#runtime.cores());
  }

  get config(): GroupCoordinatorConfig {
    return this.#deps.config;
  }

  get image(): MetadataImage {
    return this.#image;
  }

  /** Fresh for a member's id, in the form that Java writes UUIDs. */
  newUuid(): string {
    const bytes = this.#deps.world.random.bytes(16);
    bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
    const hex = bytes.toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }

  /** Asks the shard that coordinates the group. */
  ask<Response>(groupId: string, call: ShardCall<GroupInput, Response>): Promise<Response> {
    if (groupId === '' || !fitsWire(groupId)) return Promise.resolve(call.failed(ErrorCode.INVALID_GROUP_ID));
    return this.#runtime.call(groupId, call);
  }

  /** The partition of __consumer_offsets that coordinates the group; undefined while the topic does not exist. */
  partitionOf(groupId: string): number | undefined {
    return this.#runtime.partitionOf(groupId);
  }

  /** Whether groups of a partition of __consumer_offsets are served here now. */
  serves(partition: number): boolean {
    return this.#runtime.serves(partition);
  }

  /** All groups that this broker coordinates, and whether some of its shards could not be asked yet. */
  async list(): Promise<{ readonly groups: readonly ListedGroup[]; readonly error: ErrorCode }> {
    let error: ErrorCode = ErrorCode.NONE;
    const lists = await Promise.all(
      Array.from(this.#runtime.partitions(), (partition) =>
        this.#runtime.callPartition<readonly ListedGroup[]>(partition, {
          input: (to: Requester) => ({ type: 'list', to }),
          failed: (code) => {
            // Its groups are another broker's to list, or nobody's until it can be loaded.
            if (code !== ErrorCode.NOT_COORDINATOR) error = code;
            return [];
          },
        }),
      ),
    );
    return { groups: lists.flat(), error };
  }

  /** A transaction's marker was appended to a partition of __consumer_offsets that this broker leads. */
  transactionEnded(partition: number, ended: { readonly producerId: number; readonly isCommit: boolean }): void {
    this.#runtime.tell(partition, { type: 'transactionEnded', ...ended });
  }

  /** After the replicas have taken note, so that elected shards know the metadata of their election. */
  onMetadata(image: MetadataImage, delta: MetadataDelta): void {
    this.#image = image;
    const { topics, configs } = delta.changes;
    if (configs.size > 0) this.#timings = new Map();
    const deletedTopics = new Map(Array.from(topics.deleted.values(), ({ id, name }) => [id, name] as const));
    const changedTopics = new Set(deletedTopics.values());
    for (const topic of topics.changed.values()) {
      if (topic.isNew || topic.partitionChanges.size > 0) changedTopics.add(topic.name);
    }
    this.#runtime.broadcast({ type: 'metadataChanged', image, deletedTopics, changedTopics });
  }

  close(): void {
    this.#runtime.close();
  }

  #timingsOf(groupId: string): ConsumerGroupTimings {
    const { nodeId, staticConfig } = this.#deps;
    const { configs } = this.#image;
    // Only groups with configs of their own differ from the broker's defaults.
    const key = configs.group(groupId).size === 0 ? '' : groupId;
    let timings = this.#timings.get(key);
    if (timings === undefined) {
      const effective = effectiveGroupConfig({ configs, brokerId: nodeId, staticConfig }, key);
      const number = (name: string): number => Number(effective.get(name)?.value);
      timings = {
        sessionTimeoutMs: number('consumer.session.timeout.ms'),
        heartbeatIntervalMs: number('consumer.heartbeat.interval.ms'),
        assignmentIntervalMs: number('consumer.assignment.interval.ms'),
      };
      this.#timings.set(key, timings);
    }
    return timings;
  }
}
