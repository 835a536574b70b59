/**
 * What differs from seed to seed besides the faults: sizes, timeouts, durability, load. Every value is one that an
 * operator could have chosen.
 */
import type { SeededRandom } from '@tidelog/core';
import type { Properties } from '@tidelog/server';
import { groupProperties, pickGroups, type GroupKind } from '../groups/group-settings.ts';

export interface ClusterSettings {
  /** The first three are controllers as well. */
  readonly brokers: number;
  readonly partitions: number;
  /** What topics are created with, and what the oracle relies on. */
  readonly minInsyncReplicas: number;
  readonly flushBeforeAck: boolean;
  readonly segmentBytes: number;
  readonly segmentMs: number;
  /** The metadata log on a volume of its own. */
  readonly separateMetadataVolume: boolean;
  readonly overrides: Readonly<Record<string, string>>;
  /** One group of each of these kinds. */
  readonly groups: readonly GroupKind[];
}

export const metadataVolume = '/meta';
export const dataVolume = '/data';
export const controllers = 3;

export function pickSettings(random: SeededRandom): ClusterSettings {
  const oneOf = <T>(...values: readonly [T, ...T[]]): T => values[random.below(values.length)] ?? values[0];
  return {
    brokers: random.next() < 0.7 ? 3 : 4,
    partitions: 1 + random.below(3),
    minInsyncReplicas: 2,
    flushBeforeAck: random.next() < 0.5,
    segmentBytes: oneOf(1_073_741_824, 100_000, 20_000),
    segmentMs: oneOf(604_800_000, 10_000, 2000),
    separateMetadataVolume: random.next() < 0.5,
    overrides: {
      'replica.lag.time.max.ms': String(oneOf(30_000, 10_000, 3000)),
      'broker.session.timeout.ms': String(oneOf(9000, 6000)),
      'metadata.log.max.record.bytes.between.snapshots': String(oneOf(20_971_520, 20_000, 5000)),
      'metadata.max.retention.ms': String(oneOf(604_800_000, 15_000)),
      'replica.high.watermark.checkpoint.interval.ms': String(oneOf(5000, 1000)),
      'leader.imbalance.check.interval.seconds': String(oneOf(300, 10)),
      'max.incremental.fetch.session.cache.slots': String(oneOf(1000, 2)),
    },
    groups: pickGroups(random),
  };
}

export function propertiesOf(nodeId: number, settings: ClusterSettings): Properties {
  const isController = nodeId <= controllers;
  const voters = Array.from({ length: Math.min(controllers, settings.brokers) }, (_, i) => i + 1);
  const texts = {
    'process.roles': isController ? 'broker,controller' : 'broker',
    'node.id': String(nodeId),
    'controller.quorum.voters': voters.map((id) => `${id}@n${id}:9093`).join(','),
    listeners: `PLAINTEXT://n${nodeId}:9092${isController ? `,CONTROLLER://n${nodeId}:9093` : ''}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': dataVolume,
    ...(settings.separateMetadataVolume && { 'metadata.log.dir': metadataVolume }),
    'default.replication.factor': String(Math.min(3, settings.brokers)),
    'offsets.topic.replication.factor': String(Math.min(3, settings.brokers)),
    'offsets.topic.num.partitions': '1',
    'log.flush.before.ack': String(settings.flushBeforeAck),
    'auto.create.topics.enable': 'false',
    'http.listeners': '',
    ...(settings.groups.length > 0 && groupProperties(settings.minInsyncReplicas)),
    ...settings.overrides,
  };
  return new Map(Object.entries(texts));
}

export function mountPointsOf(settings: ClusterSettings): string[] {
  return settings.separateMetadataVolume ? [dataVolume, metadataVolume] : [dataVolume];
}
