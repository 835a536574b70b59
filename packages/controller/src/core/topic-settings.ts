/**
 * The few settings of a topic that the controller itself acts on, without computing all others: the topic's own value,
 * else the cluster's dynamic default, else server.properties, else Kafka's default. Per-broker values do not count
 * here, since no broker is asked.
 */
import { type MetadataImage } from '@tidelog/metadata';
import type { DecisionContext } from './decision.ts';

type SettingsContext = Pick<DecisionContext, 'image' | 'config'>;

export const elrFeature = 'eligible.leader.replicas.version';
export const minInSyncReplicasKey = 'min.insync.replicas';
const uncleanElectionKey = 'unclean.leader.election.enable';

/** Whether eligible leader replicas are kept (KIP-966). */
export function isElrEnabled(image: MetadataImage): boolean {
  return (image.features.get(elrFeature) ?? 0) > 0;
}

export function minInSyncReplicas(context: SettingsContext, topic: string): number {
  const value = Number(settingOf(context, topic, minInSyncReplicasKey) ?? 1);
  return Number.isInteger(value) && value > 0 ? value : 1;
}

export function uncleanElectionEnabled(context: SettingsContext, topic: string): boolean {
  return settingOf(context, topic, uncleanElectionKey)?.trim().toLowerCase() === 'true';
}

function settingOf({ image, config }: SettingsContext, topic: string, key: string): string | undefined {
  return (
    image.configs.topic(topic).get(key) ?? image.configs.clusterDefault().get(key) ?? config.staticConfigs.get(key)
  );
}
