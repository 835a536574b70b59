/** Seeds that once failed, with what they found. They run in the tests and stay for good. */
import { withoutAdditions, type ClusterSettings, type QuorumKind } from './cluster/settings.ts';
import seeds from './seeds.json' with { type: 'json' };

export interface RegressionSeed {
  readonly seed: number;
  /** How long faults last in the run. */
  readonly faultSeconds: number;
  readonly found: string;
  /** The run had groups, if the seed chose any; absent: none, whatever it would choose. */
  readonly withGroups?: boolean;
  /** Absent: static, whatever the seed would choose. */
  readonly quorum?: QuorumKind;
  /** The run had as many data volumes as the seed chose; absent: one. */
  readonly withVolumes?: boolean;
  /** Losses were counted as the seed chose; absent: for the cluster. */
  readonly withLosses?: boolean;
  /** The same for faults of connections. */
  readonly withConnectionFaults?: boolean;
  /** The same for racks. */
  readonly withRacks?: boolean;
}

export const regressionSeeds: readonly RegressionSeed[] = seeds;

/** What it must not choose by itself. */
export function settingsOf(seed: RegressionSeed): Partial<ClusterSettings> {
  const { groups, dataVolumes, lossesByPartition, connectionFaults, racks } = withoutAdditions;
  return {
    quorum: seed.quorum ?? withoutAdditions.quorum,
    ...(seed.withGroups !== true && { groups }),
    ...(seed.withVolumes !== true && { dataVolumes }),
    ...(seed.withLosses !== true && { lossesByPartition }),
    ...(seed.withConnectionFaults !== true && { connectionFaults }),
    ...(seed.withRacks !== true && { racks }),
  };
}
