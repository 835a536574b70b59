/**
 * The metadata as the controller of one node sees it: what is committed, and on the active one also what it has decided
 * since and not yet seen committed. Later decisions build on the latter.
 *
 *   committed ──▶ [batch to 12] ──▶ [batch to 15] ──▶ image, what decisions see
 *       ▲  commitTo(12) moves this up; revert() drops everything to the right of it
 *
 * Images share structure, so keeping one per uncommitted batch costs what the batches changed. The indexes follow the
 * newest image and are counted anew after a revert, which happens only when leadership is lost.
 */
import { assert, must } from '@tidelog/core';
import {
  emptyMetadataImage,
  MetadataDelta,
  type AnyMetadataRecord,
  type MetadataImage,
  type MetadataProvenance,
} from '@tidelog/metadata';
import { PartitionIndex } from './partition-index.ts';
import { TopicCollisions } from './topic-names.ts';

/** Records that fit the newest image, not yet part of it. */
export interface Prepared {
  readonly delta: MetadataDelta;
}

export class ControllerState {
  #committed: MetadataImage = emptyMetadataImage;
  #image: MetadataImage = emptyMetadataImage;
  /** Oldest first; each image contains the ones before it. */
  #uncommitted: MetadataImage[] = [];
  #index = new PartitionIndex();
  #collisions = new TopicCollisions();

  /** With everything decided so far. */
  get image(): MetadataImage {
    return this.#image;
  }

  get committed(): MetadataImage {
    return this.#committed;
  }

  get index(): PartitionIndex {
    return this.#index;
  }

  get collisions(): TopicCollisions {
    return this.#collisions;
  }

  get hasUncommitted(): boolean {
    return this.#uncommitted.length > 0;
  }

  /** Replays a decision's records beside the state. Throws ReplayError when they do not fit it. */
  prepare(records: readonly AnyMetadataRecord[]): Prepared {
    const delta = new MetadataDelta(this.#image);
    for (const record of records) delta.replay(record);
    return { delta };
  }

  /** The prepared records were appended, the last one at this offset: decisions see them from now on. */
  appended({ delta }: Prepared, provenance: MetadataProvenance): void {
    assert(delta.image === this.#image, 'records were prepared on an older image');
    this.#advance(delta, provenance);
    this.#uncommitted.push(this.#image);
  }

  /** The log is committed up to this offset, as this controller wrote it. */
  commitTo(provenance: MetadataProvenance): void {
    let count = 0;
    while (count < this.#uncommitted.length && must(this.#uncommitted[count]).offset <= provenance.offset) count++;
    if (count > 0) {
      this.#committed = must(this.#uncommitted[count - 1]);
      this.#uncommitted = this.#uncommitted.slice(count);
    }
    this.#committed = { ...this.#committed, ...provenance };
    if (this.#uncommitted.length === 0) this.#image = this.#committed;
  }

  /** What was not committed never happened. */
  revert(): void {
    if (this.#uncommitted.length === 0) return;
    this.#uncommitted = [];
    this.#restart(this.#committed);
  }

  /** Records that another controller decided, or this one in an earlier life. */
  replay(records: Iterable<AnyMetadataRecord>, provenance: MetadataProvenance): void {
    assert(this.#uncommitted.length === 0, 'replaying committed records over uncommitted ones');
    const delta = new MetadataDelta(this.#image);
    for (const record of records) delta.replay(record);
    this.#advance(delta, provenance);
    this.#committed = this.#image;
  }

  /** Everything anew from a snapshot. */
  reset(records: Iterable<AnyMetadataRecord>, provenance: MetadataProvenance): void {
    this.#uncommitted = [];
    const delta = new MetadataDelta(emptyMetadataImage);
    for (const record of records) delta.replay(record);
    this.#committed = delta.apply(provenance);
    this.#restart(this.#committed);
  }

  #advance(delta: MetadataDelta, provenance: MetadataProvenance): void {
    this.#image = delta.apply(provenance);
    this.#index.apply(delta.changes);
    this.#collisions.apply(delta.changes);
  }

  #restart(image: MetadataImage): void {
    this.#image = image;
    this.#index = PartitionIndex.of(image);
    this.#collisions = TopicCollisions.of(image);
  }
}
