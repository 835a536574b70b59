/**
 * One partition of a fetch, in a session or in a single request: where its reader stands and what it was told last.
 *
 * It is *dirty* when reading it might give something to report, and clean when the last look found nothing and
 * nothing has happened since. Only dirty partitions are looked at, so an idle one costs nothing however often its
 * session fetches.
 */
import type { Replica } from '../replication/replica.ts';
import type { ReplicaChange, ReplicaWatcher } from '../replication/replicas-types.ts';

/** Who reads it: told when a clean partition becomes dirty and when a waiting fetch should look again. */
export interface FetchOwner {
  readonly isFollower: boolean;
  /** Whether a follower's waiting fetch is answered for a new high watermark alone (KIP-392). */
  readonly wakesForHighWatermark: boolean;
  onDirty(partition: FetchPartition): void;
  wake(): void;
}

export interface FetchPosition {
  readonly fetchOffset: number;
  readonly lastFetchedEpoch: number;
  readonly currentLeaderEpoch: number;
  readonly logStartOffset: number;
  readonly partitionMaxBytes: number;
}

export class FetchPartition implements ReplicaWatcher {
  readonly topicId: string;
  /** Empty until a fetch by id finds the topic. */
  topic: string;
  readonly partition: number;
  position: FetchPosition;
  /** The position is as the newest request said; a follower's is reported to its leader once. */
  isNews = true;
  dirty = true;
  /** Counts what happened to it, so that a look knows whether it is still the newest one. */
  changes = 0;
  sentHighWatermark = -1;
  sentLogStartOffset = -1;
  readonly #owner: FetchOwner;
  #replica: Replica | undefined;

  constructor(
    name: { readonly topic: string; readonly topicId: string; readonly partition: number },
    position: FetchPosition,
    owner: FetchOwner,
  ) {
    this.topic = name.topic;
    this.topicId = name.topicId;
    this.partition = name.partition;
    this.position = position;
    this.#owner = owner;
  }

  get isFollowers(): boolean {
    return this.#owner.isFollower;
  }

  get replica(): Replica | undefined {
    return this.#replica;
  }

  move(position: FetchPosition): void {
    this.position = position;
    this.isNews = true;
    this.dirty = true;
    this.changes++;
  }

  /** Listens to the replica that it reads; to none when there is none (any more). */
  attach(replica: Replica | undefined): void {
    if (replica === this.#replica) return;
    this.#replica?.unwatch(this);
    this.#replica = replica;
    replica?.watch(this);
  }

  onReplicaChanged(change: ReplicaChange): void {
    const owner = this.#owner;
    const isVisible = change === 'state' || (change === 'logEnd') === owner.isFollower;
    if (isVisible || owner.isFollower) {
      this.changes++;
      if (!this.dirty) owner.onDirty(this);
      this.dirty = true;
    }
    if (isVisible || owner.wakesForHighWatermark) owner.wake();
  }
}
