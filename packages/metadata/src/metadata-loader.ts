/**
 * Turns the committed metadata log into images and hands them to publishers. It is a listener of raft in shape (raft is
 * not imported here); a batch is one atomic unit, and what stands between the records of a metadata transaction is
 * published at its end or never (KIP-868).
 *
 *   catching up ── read up to the high watermark ──> publishing ── a record needs a newer build ──> halted
 *
 * A record that cannot be read or replayed is logged, counted and left out; a record that says that it must not be left
 * out halts the loader.
 */
import { firstStepOf, type Logger, type Steps } from '@tidelog/core';
import { MetadataDelta } from './delta/metadata-delta.ts';
import { deltaFromEmpty } from './image-records.ts';
import { emptyMetadataImage, type MetadataImage } from './image/metadata-image.ts';
import type { MetadataPublisher } from './metadata-publisher.ts';
import { decodeRecord, MetadataRecordError } from './record-codec.ts';

/** A committed batch of the metadata log: one atomic unit. Control batches come without records. */
export interface CommittedMetadata {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly epoch: number;
  /** Milliseconds since 1970, by the leader's clock. */
  readonly appendTimestamp: number;
  readonly records: readonly { readonly offset: number; readonly value: Buffer }[];
}

/** A snapshot as raft hands it over: every record below `offset`; `epoch` is that of the last one. */
export interface SnapshotSource {
  readonly offset: number;
  readonly epoch: number;
  readonly lastContainedLogTimestamp?: number;
  records(): Iterable<Buffer>;
}

export interface MetadataLoaderOptions {
  readonly logger: Logger;
  /** The end of what is committed (exclusive), if known. The first publication waits until the log is read up to it. */
  readonly highWatermark?: () => number | undefined;
  /** The log holds a record that this build must not leave out. The loader has stopped; the process should too. */
  readonly onUpgradeRequired?: (error: MetadataRecordError) => void;
  /** Raft asks for a snapshot: write this image, as of (excluding) offset `image.offset + 1`. */
  readonly writeSnapshot?: (image: MetadataImage) => void;
}

/** So many records are replayed before the loop may be given back. */
const recordsPerStep = 256;

interface Position {
  readonly offset: number;
  readonly epoch: number;
  readonly timestamp: number;
}

export class MetadataLoader {
  readonly #options: MetadataLoaderOptions;
  readonly #publishers: MetadataPublisher[] = [];
  /** As of the last complete batch outside a transaction. */
  #image: MetadataImage = emptyMetadataImage;
  /** What was replayed over #image since: nothing, or the records of the batch or transaction under way. */
  #delta = new MetadataDelta();
  #inTransaction = false;
  /** Where the batch under way begins. */
  #batchStart = 0;
  #loaded: Position = { offset: -1, epoch: -1, timestamp: -1 };
  #publishing = false;
  #halted: MetadataRecordError | undefined;
  #replayErrors = 0;
  #publishErrors = 0;

  constructor(options: MetadataLoaderOptions) {
    this.#options = options;
  }

  /** The newest complete image. Publishers have seen it once the loader has caught up. */
  get image(): MetadataImage {
    return this.#image;
  }

  /** Whether the log was read up to the high watermark once, so that publishers are told. */
  get caughtUp(): boolean {
    return this.#publishing;
  }

  /** The last offset that was read, also of a transaction that is not complete; -1 before any. */
  get lastLoadedOffset(): number {
    return this.#loaded.offset;
  }

  get lastLoadedEpoch(): number {
    return this.#loaded.epoch;
  }

  /** The append time of the last batch that was read. */
  get lastLoadedTimestamp(): number {
    return this.#loaded.timestamp;
  }

  /** Records that could not be read or replayed, since the start. */
  get replayErrors(): number {
    return this.#replayErrors;
  }

  /** Publishers that threw, since the start. */
  get publishErrors(): number {
    return this.#publishErrors;
  }

  /** A publisher that comes late is told everything at once, before this returns. */
  addPublisher(publisher: MetadataPublisher): void {
    this.#publishers.push(publisher);
    if (this.#publishing) this.#tell(publisher, this.#image, deltaFromEmpty(this.#image));
  }

  removePublisher(publisher: MetadataPublisher): void {
    const at = this.#publishers.indexOf(publisher);
    if (at >= 0) this.#publishers.splice(at, 1);
  }

  /** What is left of a large batch comes back as steps, to be taken before anything else is told. */
  onCommitted(batch: CommittedMetadata): Steps | undefined {
    return this.#halted === undefined ? firstStepOf(this.#replay(batch)) : undefined;
  }

  *#replay(batch: CommittedMetadata): Generator<void, void, undefined> {
    this.#batchStart = batch.baseOffset;
    let replayed = 0;
    for (const { offset, value } of batch.records) {
      this.#onRecord(value, { offset, epoch: batch.epoch });
      if (this.#halted !== undefined) return;
      if (++replayed % recordsPerStep === 0) yield;
    }
    this.#loaded = { offset: batch.lastOffset, epoch: batch.epoch, timestamp: batch.appendTimestamp };
    if (!this.#inTransaction) this.#completed(batch.lastOffset, batch.epoch);
  }

  /** The snapshot replaces everything; publishers are told what is different. */
  onSnapshot(snapshot: SnapshotSource): void {
    if (this.#halted !== undefined) return;
    const offset = snapshot.offset - 1;
    this.#batchStart = offset;
    this.#inTransaction = false;
    this.#delta = new MetadataDelta(this.#image, { ofSnapshot: true });
    for (const value of snapshot.records()) {
      this.#onRecord(value, { offset, epoch: snapshot.epoch });
      if (this.#halted !== undefined) return;
    }
    this.#delta.finishSnapshot();
    this.#loaded = { offset, epoch: snapshot.epoch, timestamp: snapshot.lastContainedLogTimestamp ?? -1 };
    this.#completed(offset, snapshot.epoch);
  }

  /** A new leader may have settled the high watermark below what is read already. */
  onLeaderChange(): void {
    if (this.#halted === undefined && !this.#publishing && this.#loaded.offset >= 0) this.#startPublishing();
  }

  onSnapshotDue(): void {
    if (this.#halted === undefined && this.#image.offset >= 0) this.#options.writeSnapshot?.(this.#image);
  }

  #onRecord(value: Buffer, at: { readonly offset: number; readonly epoch: number }): void {
    try {
      const record = decodeRecord(value);
      switch (record.type) {
        case 'beginTransaction':
          return this.#begin(at);
        case 'endTransaction':
          this.#inTransaction = false;
          return;
        case 'abortTransaction':
          return this.#abort(record.reason, at.offset);
        default:
          return this.#delta.replay(record);
      }
    } catch (error) {
      if (error instanceof MetadataRecordError && error.code === 'upgradeRequired') return this.#halt(error, at.offset);
      this.#replayErrors++;
      this.#options.logger.error({ error, offset: at.offset, epoch: at.epoch }, 'a metadata record was left out');
    }
  }

  /** What stands before the transaction in the same batch is complete without it. */
  #begin(at: { readonly offset: number; readonly epoch: number }): void {
    if (this.#inTransaction) {
      this.#options.logger.error(
        { offset: at.offset },
        'a metadata transaction began inside another one, which is lost',
      );
      this.#replayErrors++;
      this.#delta = new MetadataDelta(this.#image);
    } else if (at.offset > this.#batchStart) {
      this.#completed(at.offset - 1, at.epoch);
    }
    this.#inTransaction = true;
  }

  #abort(reason: string | null, offset: number): void {
    this.#inTransaction = false;
    this.#delta = new MetadataDelta(this.#image);
    this.#options.logger.info({ offset, reason }, 'a metadata transaction was aborted');
  }

  #halt(error: MetadataRecordError, offset: number): void {
    this.#halted = error;
    this.#options.logger.error(
      { error, offset },
      'the metadata log needs a newer build of Tidelog; nothing more is read',
    );
    this.#options.onUpgradeRequired?.(error);
  }

  /** The open delta is whole: it makes the next image. */
  #completed(offset: number, epoch: number): void {
    const delta = this.#delta;
    this.#image = delta.apply({ offset, epoch });
    this.#delta = new MetadataDelta(this.#image);
    if (!this.#publishing) return this.#startPublishing();
    this.#tellAll(delta);
  }

  #startPublishing(): void {
    const end = this.#options.highWatermark;
    if (end !== undefined) {
      const highWatermark = end();
      if (highWatermark === undefined || this.#loaded.offset + 1 < highWatermark) return;
    }
    this.#publishing = true;
    if (this.#publishers.length === 0) return;
    const delta = deltaFromEmpty(this.#image);
    this.#tellAll(delta);
  }

  #tellAll(delta: MetadataDelta): void {
    // A copy: a publisher may remove itself.
    const publishers = this.#publishers.slice();
    for (const publisher of publishers) this.#tell(publisher, this.#image, delta);
  }

  #tell(publisher: MetadataPublisher, image: MetadataImage, delta: MetadataDelta): void {
    try {
      publisher.onMetadata(image, delta);
    } catch (error) {
      this.#publishErrors++;
      const where = { error, publisher: publisher.name, offset: image.offset };
      this.#options.logger.error(where, 'a publisher of metadata failed');
    }
  }
}
