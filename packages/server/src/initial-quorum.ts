/**
 * The first voters of a dynamic quorum (KIP-853), as `tidelog storage format` is told of them, and what they leave in
 * the metadata directory before the first start. A static quorum (controller.quorum.voters) needs none of it.
 */
import { randomUuid, zeroUuid, type Random, type Uuid, type World } from '@tidelog/core';
import { formatMetadataDirectory } from '@tidelog/raft';
import { parseVoters, type Voter } from './endpoints.ts';
import { localHostName } from './local-host-name.ts';
import type { NodeConfig } from './node-config.ts';
import { StorageError } from './storage.ts';

/** The flags of kafka-storage format; at most one of them is there. */
export interface InitialQuorumFlags {
  readonly standalone?: boolean | undefined;
  /** `id@host:port:directoryId,...`; false for --no-initial-controllers. */
  readonly initialControllers?: string | false | undefined;
}

export interface InitialQuorum {
  readonly voters: readonly Voter[];
  /** What the directory with the metadata log gets for an id. */
  readonly directoryId: Uuid;
}

export function planInitialQuorum(config: NodeConfig, flags: InitialQuorumFlags, random: Random): InitialQuorum {
  const { standalone = false, initialControllers } = flags;
  const { nodeId, isController, quorum } = config;
  const directoryId = randomUuid(random);
  const isGiven = standalone || initialControllers !== undefined;
  if (standalone && initialControllers !== undefined) {
    throw new StorageError('--standalone, --initial-controllers and --no-initial-controllers exclude each other');
  }
  if (quorum.kind === 'static') {
    if (!isGiven) return { voters: [], directoryId };
    throw new StorageError(
      'controller.quorum.voters makes the quorum a static one: format without --standalone, --initial-controllers ' +
        'and --no-initial-controllers, or set controller.quorum.bootstrap.servers instead of it',
    );
  }
  if (standalone) {
    if (!isController) throw new StorageError('You can only use --standalone on a controller.');
    return { voters: [ownVoter(config, directoryId)], directoryId };
  }
  if (typeof initialControllers === 'string') return givenVoters(config, initialControllers, directoryId);
  if (initialControllers === undefined && isController) {
    throw new StorageError(
      'Because controller.quorum.voters is not set on this controller, you must specify one of the following: ' +
        `--standalone, --initial-controllers, or --no-initial-controllers (node ${nodeId} joins later).`,
    );
  }
  return { voters: [], directoryId };
}

function ownVoter({ nodeId, advertised, controllerListenerNames }: NodeConfig, directoryId: Uuid): Voter {
  const listener = advertised.find(({ listenerName }) => listenerName === controllerListenerNames[0]);
  if (listener === undefined) throw new StorageError(`listeners lacks ${controllerListenerNames[0]}`);
  return { nodeId, host: listener.host || localHostName(), port: listener.port, directoryId };
}

function givenVoters({ nodeId, isController }: NodeConfig, list: string, otherId: Uuid): InitialQuorum {
  const voters = parseVoters(list, '--initial-controllers');
  const unnamed = voters.find(({ directoryId }) => directoryId === zeroUuid);
  if (voters.length === 0 || unnamed !== undefined) {
    throw new StorageError('--initial-controllers takes id@host:port:directoryId of each controller, comma-separated');
  }
  const own = voters.find((voter) => voter.nodeId === nodeId);
  if (own === undefined && isController) {
    throw new StorageError(
      `--initial-controllers lacks node ${nodeId}: add it, or format it with --no-initial-controllers to join later`,
    );
  }
  return { voters, directoryId: own?.directoryId ?? otherId };
}

/** Before meta.properties says that the directory is formatted: a format that was cut short can be done again. */
export async function formatInitialQuorum(
  world: World,
  { metadataLogDir, controllerListenerNames }: NodeConfig,
  { voters }: InitialQuorum,
): Promise<void> {
  if (voters.length === 0) return;
  const name = controllerListenerNames[0] ?? '';
  await formatMetadataDirectory({
    world,
    metadataDir: `${metadataLogDir}/__cluster_metadata-0`,
    voters: voters.map(({ nodeId: id, directoryId, host, port }) => {
      return { id, directoryId, endpoints: [{ name, host, port }] };
    }),
    isDynamic: true,
    records: [],
  });
}
