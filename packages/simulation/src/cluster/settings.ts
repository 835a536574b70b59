/**
 * What differs from seed to seed besides the faults: sizes, timeouts, durability, load. Every value is one that an
 * operator could have chosen.
 */
import { randomUuid, type SeededRandom } from '@tidelog/core';
import type { FirstVoters, Properties } from '@tidelog/server';
import { groupProperties, pickGroups, type GroupKind } from '../groups/group-settings.ts';

/**
 * Who the controllers' voters are: named by the configuration, or by records of the quorum itself (KIP-853): formatted
 * with all of them (--initial-controllers), or with the first one alone (--standalone), whom the others join by
 * themselves; or begun with a configuration that names them, and raised to kraft.version 1 by the operator.
 */
export type QuorumKind = 'static' | 'dynamic' | 'auto-join' | 'raised';

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
  readonly quorum: QuorumKind;
  /** Log directories of each broker, each on a volume of its own. */
  readonly dataVolumes: 1 | 2;
  /** How many may be lost at a time is counted for each partition by itself, and not for the cluster. */
  readonly lossesByPartition: boolean;
  /** Faults of single connections and of clients' ways to the brokers, besides the usual ones. */
  readonly connectionFaults: boolean;
  /** So many racks, and consumers that read from the replica in theirs (KIP-392); 0: none. */
  readonly racks: number;
}

/** What came later than the first seeds that failed, and is not theirs. */
export const withoutAdditions = {
  groups: [],
  quorum: 'static',
  dataVolumes: 1,
  lossesByPartition: false,
  connectionFaults: false,
  racks: 0,
} satisfies Partial<ClusterSettings>;

export const metadataVolume = '/meta';
export const dataVolume = '/data';
const secondDataVolume = '/data2';
export const controllers = 3;
export const controllerIds: readonly number[] = Array.from({ length: controllers }, (_, i) => i + 1);
export const controllerListener = 'CONTROLLER';
export const controllerPort = 9093;

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
    quorum: random.next() < 1 / 3 ? oneOf('dynamic', 'auto-join', 'raised') : 'static',
    dataVolumes: random.next() < 0.4 ? 2 : 1,
    lossesByPartition: random.next() < 0.7,
    connectionFaults: random.next() < 0.6,
    racks: oneOf(0, 0, 2, 3),
  };
}

export function propertiesOf(nodeId: number, settings: ClusterSettings): Properties {
  const isController = nodeId <= controllers;
  const texts = {
    'process.roles': isController ? 'broker,controller' : 'broker',
    'node.id': String(nodeId),
    ...quorumProperties(settings),
    listeners: `PLAINTEXT://n${nodeId}:9092${isController ? `,CONTROLLER://n${nodeId}:${controllerPort}` : ''}`,
    'controller.listener.names': controllerListener,
    'log.dirs': dataVolumesOf(settings).join(','),
    ...(settings.separateMetadataVolume && { 'metadata.log.dir': metadataVolume }),
    'default.replication.factor': String(Math.min(3, settings.brokers)),
    'offsets.topic.replication.factor': String(Math.min(3, settings.brokers)),
    'offsets.topic.num.partitions': '1',
    'log.flush.before.ack': String(settings.flushBeforeAck),
    'auto.create.topics.enable': 'false',
    'http.listeners': '',
    ...(settings.racks > 0 && {
      'broker.rack': rackOf(nodeId, settings),
      'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector',
    }),
    ...(settings.groups.length > 0 && groupProperties(settings.minInsyncReplicas)),
    ...settings.overrides,
  };
  return new Map(Object.entries(texts));
}

function quorumProperties({ quorum }: ClusterSettings): Readonly<Record<string, string>> {
  const servers = controllerIds.map((id) => `n${id}:${controllerPort}`);
  if (quorum === 'static' || quorum === 'raised') {
    return { 'controller.quorum.voters': servers.map((server, i) => `${controllerIds[i]}@${server}`).join(',') };
  }
  return {
    'controller.quorum.bootstrap.servers': servers.join(','),
    'controller.quorum.auto.join.enable': String(quorum === 'auto-join'),
  };
}

/** Whom each node of a new cluster is told to be the first voters, as by `tidelog storage format`. */
export function firstVotersOf(
  { quorum }: ClusterSettings,
  random: SeededRandom,
): (nodeId: number) => FirstVoters | undefined {
  if (quorum === 'static' || quorum === 'raised') return () => undefined;
  if (quorum === 'auto-join') return (nodeId) => ({ kind: nodeId === 1 ? 'standalone' : 'none' });
  const voters = controllerIds.map((nodeId) => {
    return { nodeId, host: `n${nodeId}`, port: controllerPort, directoryId: randomUuid(random) };
  });
  return (nodeId) => (nodeId <= controllers ? { kind: 'initialControllers', voters } : { kind: 'none' });
}

function dataVolumesOf({ dataVolumes }: ClusterSettings): string[] {
  return dataVolumes === 1 ? [dataVolume] : [dataVolume, secondDataVolume];
}

/** Of the so many-th broker, or client; empty: it has none. */
export function rackOf(number: number, { racks }: ClusterSettings): string {
  return racks === 0 ? '' : `r${number % racks}`;
}

export function mountPointsOf(settings: ClusterSettings): string[] {
  return [...dataVolumesOf(settings), ...(settings.separateMetadataVolume ? [metadataVolume] : [])];
}
