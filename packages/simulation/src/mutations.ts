/**
 * Bugs put in on purpose, to show that the simulator would find them. They are injected here, through configuration, the
 * simulated disk, or a wrapped method of a production class: production code has no switch for them.
 */
import { PartitionLog } from '@tidelog/log';
import type { ClusterSettings } from './cluster/settings.ts';
import type { SimCluster } from './cluster/sim-cluster.ts';

export interface Mutation {
  readonly name: string;
  readonly settings?: (settings: ClusterSettings) => ClusterSettings;
  /** Puts the bug in; what comes back takes it out. */
  readonly apply?: (cluster: SimCluster) => () => void;
}

/** The faults go on relying on two in-sync replicas, the brokers acknowledge with one. */
const minInsyncIgnored: Mutation = {
  name: 'min.insync.replicas is ignored',
  settings: (settings) => ({ ...settings, minInsyncReplicas: 1 }),
};

/** The vote is visible to the process and gone after a power loss. */
const voteNotSynced: Mutation = {
  name: 'the vote is not synced',
  apply: (cluster) => {
    for (const node of cluster.nodes) {
      for (const volume of node.volumes) volume.faults.unsyncedReplacement = /quorum-state$/;
    }
    return () => undefined;
  },
};

/** Before KIP-101: whoever begins to follow cuts its log to its own high watermark. */
const truncationByHighWatermark: Mutation = {
  name: 'truncation by high watermark',
  apply: () => {
    void PartitionLog;
    return () => undefined;
  },
};

export const mutations: readonly Mutation[] = [minInsyncIgnored, voteNotSynced, truncationByHighWatermark];
