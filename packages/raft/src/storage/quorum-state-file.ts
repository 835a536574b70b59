/**
 * The file `quorum-state`: epoch, leader and vote, in Kafka's JSON. Replaced as a whole and synced before anything that
 * relies on it leaves the node. Version 0 (kraft.version 0) names the voters, version 1 the directory voted for.
 */
import { DiskError, isUuid, zeroUuid, type Disk } from '@tidelog/core';
import type { QuorumState } from '../core/events.ts';

const fileName = 'quorum-state';

export class QuorumStateFile {
  readonly #disk: Disk;
  readonly #path: string;

  constructor(disk: Disk, metadataDir: string) {
    this.#disk = disk;
    this.#path = `${metadataDir}/${fileName}`;
  }

  /** Undefined when there is no file: a fresh node. Throws when there is one that can not be understood. */
  read(): QuorumState | undefined {
    let text: string;
    try {
      text = this.#disk.readFile(this.#path).toString('utf8');
    } catch (error) {
      if (error instanceof DiskError && error.code === 'ENOENT') return undefined;
      throw error;
    }
    return parse(text, this.#path);
  }

  write(state: QuorumState, { kraftVersion, voterIds }: { kraftVersion: number; voterIds: readonly number[] }): void {
    const { leaderId, leaderEpoch, voted } = state;
    const votedId = voted?.id ?? -1;
    const content =
      kraftVersion === 0
        ? {
            clusterId: '',
            leaderId,
            leaderEpoch,
            votedId,
            appliedOffset: 0,
            currentVoters: voterIds.map((voterId) => ({ voterId })),
            data_version: 0,
          }
        : { leaderId, leaderEpoch, votedId, votedDirectoryId: voted?.directoryId ?? zeroUuid, data_version: 1 };
    this.#disk.replaceFile(this.#path, Buffer.from(JSON.stringify(content)));
  }
}

function parse(text: string, path: string): QuorumState {
  const bad = (what: string): Error =>
    new Error(`${path} ${what}; restore it from a backup, or remove this replica from the voters and format it anew`);
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw bad('is no JSON');
  }
  if (typeof content !== 'object' || content === null) throw bad('is no object');
  const fields = new Map(Object.entries(content));
  const version = fields.get('data_version');
  if (version !== 0 && version !== 1) throw bad(`has data_version ${String(version)}, known are 0 and 1`);
  const integer = (name: string): number => {
    const value: unknown = fields.get(name) ?? -1;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < -1) throw bad(`has no valid ${name}`);
    return value;
  };
  const votedId = integer('votedId');
  const directoryId: unknown = fields.get('votedDirectoryId') ?? zeroUuid;
  if (typeof directoryId !== 'string' || !isUuid(directoryId)) throw bad('has no valid votedDirectoryId');
  return {
    leaderId: integer('leaderId'),
    leaderEpoch: Math.max(0, integer('leaderEpoch')),
    voted: votedId < 0 ? undefined : { id: votedId, directoryId },
  };
}
