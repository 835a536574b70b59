/**
 * `meta.properties` of every log directory: which cluster, node and directory it belongs to (KIP-858's directory ids).
 * A directory of another cluster or node is refused, never overwritten; an unformatted one is formatted on request.
 */
import { randomUuid, type Disk, type Random, type Uuid } from '@tidelog/core';
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

/** Formats what is not formatted and checks the rest. Syncs before it returns. */
export function formatStorage(options: StorageOptions): DirectoryIdentity[] {
  const { disk, random, logDirs, nodeId } = options;
  const found = logDirs.map((path) => readIdentity(disk, path));
  const clusterId =
    options.clusterId ?? found.find((identity) => identity !== undefined)?.clusterId ?? randomUuid(random);
  return logDirs.map((path, i) => {
    const identity = found[i] ?? writeIdentity(disk, { path, clusterId, nodeId, directoryId: randomUuid(random) });
    checkIdentity(identity, { clusterId, nodeId });
    return identity;
  });
}

/** The identities of storage that must be formatted already. */
export function openStorage(options: StorageOptions): DirectoryIdentity[] {
  const { disk, logDirs, nodeId } = options;
  const identities = logDirs.map((path) => {
    const identity = readIdentity(disk, path);
    if (identity === undefined) {
      throw new StorageError(`${path} is not formatted: run "tidelog storage format" or start without --no-format`);
    }
    return identity;
  });
  const clusterId = options.clusterId ?? identities[0]?.clusterId ?? '';
  for (const identity of identities) checkIdentity(identity, { clusterId, nodeId });
  return identities;
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
