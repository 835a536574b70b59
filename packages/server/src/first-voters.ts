/**
 * Formatting a node's storage as a member of a quorum: `meta.properties`, and for the first voters of a dynamic quorum
 * the bootstrap snapshot that names them (KIP-853, kafka-storage format --standalone and --initial-controllers). A
 * controller that joins later has no such snapshot: it fetches who the voters are.
 */
import { randomUuid, zeroUuid, type Uuid, type World } from '@tidelog/core';
import { formatMetadataDirectory, type FormatOptions } from '@tidelog/raft';
import { controllerEndpoints } from './controller-endpoints.ts';
import type { Voter } from './endpoints.ts';
import type { NodeConfig } from './node-config.ts';
import { formatStorage, readIdentity, StorageError, type OpenedStorage } from './storage.ts';

/** Who the voters of a new dynamic quorum are; `none` for a node that joins, or where the configuration names them. */
export type FirstVoters =
  | { readonly kind: 'none' }
  /** This node alone. */
  | { readonly kind: 'standalone' }
  | { readonly kind: 'initialControllers'; readonly voters: readonly Voter[] };

export interface NodeFormatOptions {
  readonly world: World;
  readonly config: NodeConfig;
  readonly clusterId: string;
  readonly firstVoters: FirstVoters;
}

/** Formats what is not formatted. The snapshot comes first: a node that has an identity knows its quorum. */
export async function formatNode({ world, config, clusterId, firstVoters }: NodeFormatOptions): Promise<OpenedStorage> {
  const { nodeId, metadataLogDir } = config;
  const { disk, random } = world;
  const directories = [...new Set([...config.logDirs, metadataLogDir])];
  const storage = { disk, random, nodeId, logDirs: directories, clusterId };
  if (firstVoters.kind === 'none' || readIdentity(disk, metadataLogDir) !== undefined) return formatStorage(storage);
  const { directoryId, voters } = votersOf(config, firstVoters, randomUuid(random));
  const metadataDir = `${metadataLogDir}/__cluster_metadata-0`;
  await formatMetadataDirectory({ world, metadataDir, voters, isDynamic: true, records: [] });
  return formatStorage({ ...storage, directoryIds: new Map([[metadataLogDir, directoryId]]) });
}

function votersOf(
  config: NodeConfig,
  firstVoters: Exclude<FirstVoters, { kind: 'none' }>,
  freshId: Uuid,
): { readonly directoryId: Uuid; readonly voters: FormatOptions['voters'] } {
  const { nodeId, controllerListenerNames } = config;
  if (config.quorum.kind === 'static') {
    throw new StorageError(
      'controller.quorum.voters names the voters: for a quorum that can change them, set ' +
        'controller.quorum.bootstrap.servers instead',
    );
  }
  if (!config.isController) throw new StorageError('only a controller can be a first voter: process.roles lacks it');
  if (firstVoters.kind === 'standalone') {
    const voter = { id: nodeId, directoryId: freshId, endpoints: controllerEndpoints(config) };
    return { directoryId: freshId, voters: [voter] };
  }
  const own = firstVoters.voters.find((voter) => voter.nodeId === nodeId);
  if (own === undefined) throw new StorageError(`the initial controllers must include this node, ${nodeId}`);
  const name = controllerListenerNames[0] ?? '';
  const voters = firstVoters.voters.map(({ nodeId: id, host, port, directoryId }) => {
    if (directoryId === zeroUuid) throw new StorageError(`initial controller ${id} lacks its directory id`);
    return { id, directoryId, endpoints: [{ name, host, port }] };
  });
  return { directoryId: own.directoryId, voters };
}
