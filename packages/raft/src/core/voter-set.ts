/**
 * The voters of the quorum: an immutable value, and the history of values that the log holds. A voter set takes effect
 * when its record is appended, committed or not, and is taken back when the record is truncated (KIP-853; one voter
 * is added or removed at a time, Raft dissertation 4.1, so that old and new majorities overlap).
 */
import { assert, zeroUuid, type Uuid } from '@tidelog/core';
import { mayBeReplica, sameReplica, type Endpoint, type PeerAddress, type ReplicaKey } from './replica-key.ts';

export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

/** The levels of kraft.version that this code speaks. */
export const supportedKraftVersions: VersionRange = { min: 0, max: 1 };

export interface Voter extends ReplicaKey {
  readonly endpoints: readonly Endpoint[];
  readonly kraftVersions: VersionRange;
}

export class VoterSet {
  static readonly none: VoterSet = new VoterSet([]);

  readonly voters: readonly Voter[];

  constructor(voters: readonly Voter[]) {
    assert(new Set(voters.map((voter) => voter.id)).size === voters.length, 'two voters have the same id');
    this.voters = [...voters].sort((a, b) => a.id - b.id);
  }

  get size(): number {
    return this.voters.length;
  }

  /** How many make a majority. */
  get majority(): number {
    return Math.floor(this.voters.length / 2) + 1;
  }

  get(id: number): Voter | undefined {
    return this.voters.find((voter) => voter.id === id);
  }

  /** Whether the replica is one of the voters. A voter whose directory id is not known is any directory's. */
  has(replica: ReplicaKey): boolean {
    const voter = this.get(replica.id);
    return voter !== undefined && (voter.directoryId === zeroUuid || voter.directoryId === replica.directoryId);
  }

  /** Whether the voter of that id is one directory's only. */
  isDirectoryKnown(id: number): boolean {
    return (this.get(id)?.directoryId ?? zeroUuid) !== zeroUuid;
  }

  isOnly(replica: ReplicaKey): boolean {
    return this.size === 1 && this.has(replica);
  }

  addressOf(id: number): PeerAddress | undefined {
    const endpoint = this.get(id)?.endpoints[0];
    return endpoint && { nodeId: id, host: endpoint.host, port: endpoint.port };
  }

  with(voter: Voter): VoterSet {
    return new VoterSet([...this.voters.filter((other) => other.id !== voter.id), voter]);
  }

  without(replica: ReplicaKey): VoterSet {
    return new VoterSet(this.voters.filter((voter) => !mayBeReplica(voter, replica)));
  }

  equals(other: VoterSet): boolean {
    return this.size === other.size && this.voters.every((voter, i) => sameVoter(voter, other.voters[i]));
  }
}

export function sameVoter(a: Voter, b: Voter | undefined): boolean {
  return (
    b !== undefined &&
    sameReplica(a, b) &&
    a.kraftVersions.min === b.kraftVersions.min &&
    a.kraftVersions.max === b.kraftVersions.max &&
    a.endpoints.length === b.endpoints.length &&
    a.endpoints.every((endpoint, i) => {
      const other = b.endpoints[i];
      return endpoint.name === other?.name && endpoint.host === other.host && endpoint.port === other.port;
    })
  );
}

export interface At<T> {
  readonly offset: number;
  readonly value: T;
}

/** Values that records of the log set; the initial one (from the configuration or a snapshot) is never taken back. */
export class History<T> {
  #initial: At<T>;
  #later: At<T>[] = [];

  /** `offset` is -1 for a value that is in no log and no snapshot. */
  constructor(initial: At<T>) {
    this.#initial = initial;
  }

  get latest(): At<T> {
    return this.#later.at(-1) ?? this.#initial;
  }

  /** The value that is in force for a reader who has everything below the offset. */
  before(offset: number): At<T> {
    return this.#later.findLast((at) => at.offset < offset) ?? this.#initial;
  }

  append(at: At<T>): void {
    assert(at.offset > this.latest.offset, () => `value at ${at.offset} after one at ${this.latest.offset}`);
    this.#later.push(at);
  }

  truncateFromEnd(endOffset: number): void {
    this.#later = this.#later.filter((at) => at.offset < endOffset);
  }

  /** Values replaced below the offset are forgotten. */
  truncateFromStart(startOffset: number): void {
    const kept = this.before(startOffset);
    this.#later = this.#later.filter((at) => at.offset >= startOffset);
    this.#initial = kept;
  }
}

export function staticVoter({ id, host, port }: { id: number; host: string; port: number }): Voter {
  const directoryId: Uuid = zeroUuid;
  return { id, directoryId, endpoints: [{ name: 'CONTROLLER', host, port }], kraftVersions: { min: 0, max: 0 } };
}
