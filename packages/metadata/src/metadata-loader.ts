/**
 * Turns the committed metadata log into images and hands them to publishers.
 */
import type { Logger } from '@tidelog/core';
import type { MetadataImage } from './image/metadata-image.ts';
import type { MetadataPublisher } from './metadata-publisher.ts';

/** A committed batch of the metadata log: one atomic unit. */
export interface CommittedBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly epoch: number;
  readonly appendTimestamp: number;
  readonly records: readonly { readonly offset: number; readonly value: Buffer }[];
}

/** A snapshot as raft hands it over: every record up to and including `offset`. */
export interface SnapshotSource {
  /** The first offset that is not in the snapshot, as in the snapshot's file name, and the epoch of the last record. */
  readonly offset: number;
  readonly epoch: number;
  records(): Iterable<Buffer>;
}

export interface MetadataLoaderOptions {
  readonly logger: Logger;
  /** The newest committed offset (exclusive), if known. The first publication waits until the log was read up to it. */
  readonly highWatermark?: () => number | undefined;
  /** The log holds a record that this build must not ignore. The loader stops at it; the process should too. */
  readonly onUpgradeRequired?: (error: Error) => void;
}

export declare class MetadataLoader {
  constructor(options: MetadataLoaderOptions);
  /** What publishers saw last. */
  get image(): MetadataImage;
  /** The last offset that was loaded (also of records not yet published), -1 before any. */
  get lastLoadedOffset(): number;
  get lastLoadedTimestamp(): number;
  /** Records that could not be replayed, and publishers that threw, since the start. */
  get replayErrors(): number;
  get publishErrors(): number;
  addPublisher(publisher: MetadataPublisher): void;
  removePublisher(publisher: MetadataPublisher): void;
  onCommitted(batch: CommittedBatch): void;
  onSnapshot(snapshot: SnapshotSource): void;
  onLeaderChange(): void;
}
