/**
 * `meta.properties` of every log directory: which cluster, node and directory it belongs to (KIP-858's directory ids).
 * A directory of another cluster or node is refused, never overwritten; an unformatted one is formatted on request.
 */
import { DiskError, randomUuid, type Disk, type Random, type Uuid } from '@tidelog/core';
import { parse, stringify } from 'dot-properties';

export interface DirectoryIdentity {
  readonly path: string;
  readonly clusterId: string;
  readonly nodeId: number;
  readonly directoryId: Uuid;
}

export interface StorageOptions {
  readonly disk: Disk;
  readonly random: Random;
  readonly logDirs: readonly string[];
  readonly nodeId: number;
  /** The cluster to join; undefined: the one already on disk, or a new one. */
  readonly clusterId?: string | undefined;
  /** Ids, by path, that were given away before the directories are formatted; the others' are made up. */
  readonly directoryIds?: ReadonlyMap<string, Uuid>;
}

/** Storage that belongs to something else, or to nothing yet; the message says what to do. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
}

/** The directories' identities, `undefined` for one that is not formatted. */
export function readIdentity(disk: Disk, path: string): DirectoryIdentity | undefined {
  const file = `${path}/meta.properties`;
  if (disk.stat(file) === undefined) return undefined;
  const properties = parse(disk.readFile(file).toString('utf8')) as Record<string, string | undefined>;
  const clusterId = properties['cluster.id'];
  const directoryId = properties['directory.id'];
  const nodeId = Number(properties['node.id']);
  if (clusterId === undefined || directoryId === undefined || !Number.isInteger(nodeId)) {
    throw new StorageError(
      `${file} lacks cluster.id, node.id or directory.id: restore it, or format an empty directory`,
    );
  }
  return { path, clusterId, nodeId, directoryId };
}

/** Directories as found: the usable ones, and those that the disk refuses. */
export interface OpenedStorage {
  readonly identities: readonly DirectoryIdentity[];
  readonly failed: readonly { readonly path: string; readonly error: DiskError }[];
}

/** Formats what is not formatted and checks the rest. Syncs before it returns. A directory that fails is left out. */
export function formatStorage(options: StorageOptions): OpenedStorage {
  const { disk, random, nodeId } = options;
  const found = readAll(options);
  const known = found.flatMap(({ identity }) => identity ?? []);
  const clusterId = options.clusterId ?? known[0]?.clusterId ?? randomUuid(random);
  return collect(found, { clusterId, nodeId }, ({ path, identity }) => {
    if (identity !== undefined) return identity;
    const directoryId = options.directoryIds?.get(path) ?? randomUuid(random);
    return writeIdentity(disk, { path, clusterId, nodeId, directoryId });
  });
}

/** The identities of storage that must be formatted already. */
export function openStorage(options: StorageOptions): OpenedStorage {
  const found = readAll(options);
  const known = found.flatMap(({ identity }) => identity ?? []);
  const clusterId = options.clusterId ?? known[0]?.clusterId ?? '';
  return collect(found, { clusterId, nodeId: options.nodeId }, ({ path, identity }) => {
    if (identity !== undefined) return identity;
    throw new StorageError(`${path} is not formatted: run "tidelog storage format" or start without --no-format`);
  });
}

interface FoundDirectory {
  readonly path: string;
  readonly identity: DirectoryIdentity | undefined;
  readonly error: DiskError | undefined;
}

function readAll({ disk, logDirs }: StorageOptions): FoundDirectory[] {
  return logDirs.map((path) => {
    try {
      return { path, identity: readIdentity(disk, path), error: undefined };
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      return { path, identity: undefined, error };
    }
  });
}

function collect(
  found: readonly FoundDirectory[],
  expected: { readonly clusterId: string; readonly nodeId: number },
  identify: (directory: FoundDirectory) => DirectoryIdentity,
): OpenedStorage {
  const identities: DirectoryIdentity[] = [];
  const failed: { path: string; error: DiskError }[] = [];
  for (const directory of found) {
    const { path } = directory;
    try {
      if (directory.error !== undefined) throw directory.error;
      const identity = identify(directory);
      checkIdentity(identity, expected);
      identities.push(identity);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      failed.push({ path, error });
    }
  }
  return { identities, failed };
}

function checkIdentity(identity: DirectoryIdentity, expected: { clusterId: string; nodeId: number }): void {
  const { path } = identity;
  if (identity.clusterId !== expected.clusterId) {
    throw new StorageError(
      `${path} belongs to cluster ${identity.clusterId}, not to ${expected.clusterId}: ` +
        `point log.dirs at this cluster's directory, or empty it to start anew`,
    );
  }
  if (identity.nodeId !== expected.nodeId) {
    throw new StorageError(
      `${path} belongs to node ${identity.nodeId}, but node.id is ${expected.nodeId}: each node needs its own log.dirs`,
    );
  }
}

function writeIdentity(disk: Disk, identity: DirectoryIdentity): DirectoryIdentity {
  disk.makeDirectory(identity.path);
  const content = stringify({
    version: '1',
    'cluster.id': identity.clusterId,
    'node.id': String(identity.nodeId),
    'directory.id': identity.directoryId,
  });
  disk.replaceFile(`${identity.path}/meta.properties`, Buffer.from(`${content}\n`));
  return identity;
}
