/**
 * Replication quotas (KIP-73): how many bytes a second of throttled replicas go out of this broker, which leads them,
 * and come into it, which follows them. Which replicas are throttled is a topic's config, how fast they may be a
 * broker's, and both follow the metadata. Its users hold back only
 * replicas that are behind.
 */
import type { Clock, Millis } from '@tidelog/core';
import { ConfigResourceType, resourceOfKey, type MetadataDelta, type MetadataImage } from '@tidelog/metadata';
import { WindowedRate } from './core/windowed-rate.ts';

export type ReplicationSide = 'leader' | 'follower';

/** leader.replication.throttled.rate and follower.replication.throttled.rate, in bytes per second. */
export type ReplicationRates = Readonly<Record<ReplicationSide, number>>;

export interface ReplicationQuotasOptions {
  readonly clock: Clock;
  readonly nodeId: number;
  /** replication.quota.window.num and replication.quota.window.size.seconds */
  readonly windows: number;
  readonly windowMs: Millis;
  readonly ratesOf: (image: MetadataImage) => ReplicationRates;
}

type Throttled = 'all' | ReadonlySet<number>;

const sides = ['leader', 'follower'] as const;

export class ReplicationQuotas {
  readonly #options: ReplicationQuotasOptions;
  readonly #measured: Readonly<Record<ReplicationSide, WindowedRate>>;
  /** By topic. */
  readonly #throttled = { leader: new Map<string, Throttled>(), follower: new Map<string, Throttled>() };
  #bounds: ReplicationRates | undefined;

  constructor(options: ReplicationQuotasOptions) {
    this.#options = options;
    this.#measured = { leader: new WindowedRate(options), follower: new WindowedRate(options) };
  }

  onMetadata(image: MetadataImage, delta: MetadataDelta): void {
    let areRatesNews = false;
    for (const key of delta.changes.configs.keys()) {
      const { resourceType, resourceName } = resourceOfKey(key);
      if (resourceType === ConfigResourceType.BROKER) areRatesNews = true;
      else if (resourceType === ConfigResourceType.TOPIC) this.#onTopicConfigs(image, resourceName);
    }
    if (areRatesNews || this.#bounds === undefined) this.#bounds = this.#options.ratesOf(image);
  }

  isThrottled(side: ReplicationSide, topic: string, partition: number): boolean {
    const throttled = this.#throttled[side].get(topic);
    return throttled !== undefined && (throttled === 'all' || throttled.has(partition));
  }

  isExceeded(side: ReplicationSide): boolean {
    return this.#measured[side].perSecond(this.#options.clock.monotonic()) > (this.#bounds?.[side] ?? Infinity);
  }

  /** Takes note of what went over the wire; only what is throttled counts. */
  record(side: ReplicationSide, { topic, partition }: { topic: string; partition: number }, bytes: number): void {
    if (!this.isThrottled(side, topic, partition)) return;
    this.#measured[side].record(bytes, this.#options.clock.monotonic());
  }

  #onTopicConfigs(image: MetadataImage, topic: string): void {
    for (const side of sides) {
      const text = image.configs.topic(topic).get(`${side}.replication.throttled.replicas`) ?? '';
      const throttled = throttledHere(text, this.#options.nodeId);
      if (throttled === undefined) this.#throttled[side].delete(topic);
      else this.#throttled[side].set(topic, throttled);
    }
  }
}

/** From `partition:broker,...` those of this broker, or from `*` all. */
function throttledHere(text: string, nodeId: number): Throttled | undefined {
  if (text.trim() === '*') return 'all';
  const partitions = new Set<number>();
  for (const entry of text.split(',')) {
    const [partition, broker] = entry.split(':');
    if (broker !== undefined && Number(broker) === nodeId) partitions.add(Number(partition));
  }
  return partitions.size === 0 ? undefined : partitions;
}
