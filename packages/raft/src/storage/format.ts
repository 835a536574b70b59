/**
 * What formatting a controller's storage leaves for its first start: the bootstrap snapshot 0-0, with kraft.version 1
 * and the first voters where the quorum is dynamic (KIP-853: --standalone, --initial-controllers), and the first
 * metadata records. It is never transferred between nodes.
 */
import type { World } from '@tidelog/core';
import { bootstrapSnapshot } from '../core/log-view.ts';
import type { Endpoint, ReplicaKey } from '../core/replica-key.ts';
import { supportedKraftVersions, VoterSet } from '../core/voter-set.ts';
import { SnapshotStore } from './snapshot-store.ts';

export interface FormatOptions {
  readonly world: World;
  /** The directory of `__cluster_metadata-0`; made when missing. */
  readonly metadataDir: string;
  /** The first voters of a dynamic quorum; none where controller.quorum.voters names them, or for a node that joins. */
  readonly voters: readonly (ReplicaKey & { readonly endpoints: readonly Endpoint[] })[];
  /** Whether the quorum is dynamic: kraft.version 1. */
  readonly isDynamic: boolean;
  /** Values of the first metadata records, such as feature levels. */
  readonly records: readonly Buffer[];
}

export async function formatMetadataDirectory(options: FormatOptions): Promise<void> {
  const { world, metadataDir, voters, isDynamic, records } = options;
  world.disk.makeDirectory(metadataDir);
  const voterSet = new VoterSet(voters.map((voter) => ({ ...voter, kraftVersions: supportedKraftVersions })));
  await new SnapshotStore(world, metadataDir).create({
    id: bootstrapSnapshot,
    lastContainedLogTimestamp: 0,
    kraftVersion: isDynamic ? 1 : 0,
    voters: voterSet,
    records,
  });
}
