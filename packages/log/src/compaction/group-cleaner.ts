/**
 * Second pass of a cleaning: rewrites a group of adjacent segments into one. A batch that loses nothing is copied as
 * bytes; one that loses some records is built anew; one that loses all is left out, or kept without records where a
 * producer's sequence or the end of the group hangs on it.
 */
import { Chunks, crc32c } from '@tidelog/core';
import type { BatchHeader } from '@tidelog/protocol';
import { readMarker } from '../core/admission.ts';
import { decideFate, hasPassedHorizon, type BatchFate, type LastOfProducer } from '../core/compaction/batch-fate.ts';
import type { CleanedTransactions } from '../core/compaction/cleaned-transactions.ts';
import type { KeyMap } from '../core/compaction/key-map.ts';
import { keptPayload, rebuildBatch } from '../core/compaction/rebuild-batch.ts';
import { RecordFilter } from '../core/compaction/record-filter.ts';
import type { Segment } from '../segment.ts';
import { packed, payloadOf } from './batch-payload.ts';
import type { CleanedSegment } from './cleaned-segment.ts';
import type { CleaningRun } from './cleaning-run.ts';
import { recordsPerStep } from './map-builder.ts';
import { damaged, readBatches, type SourceBatch } from './source-reader.ts';

export interface GroupSource {
  readonly segments: readonly Segment[];
  /** Base offset of the segment behind the group. */
  readonly endOffset: number;
  readonly map: KeyMap;
  readonly transactions: CleanedTransactions;
  readonly lasts: ReadonlyMap<number, LastOfProducer>;
  /** Wall clock; the same for the whole cleaning. */
  readonly wallNow: number;
  readonly deleteRetentionMs: number;
}

type Done = undefined | Promise<void>;

interface Filtered {
  readonly payload: Buffer;
  readonly ranges: readonly number[];
  readonly kept: number;
  readonly maxTimestamp: number;
  /** The delete horizon that the batch gets. */
  readonly horizon: number | undefined;
}

export class GroupCleaner {
  /** Entries of the transaction index that nobody needs any more. */
  droppedAborted = false;
  readonly #run: CleaningRun;
  readonly #source: GroupSource;
  readonly #target: CleanedSegment;
  #segment: Segment | undefined;

  constructor(run: CleaningRun, source: GroupSource, target: CleanedSegment) {
    this.#run = run;
    this.#source = source;
    this.#target = target;
  }

  async clean(): Promise<void> {
    const { segments } = this.#source;
    for (const segment of segments) {
      this.#segment = segment;
      const onBatch = (batch: SourceBatch): boolean | Promise<boolean> => {
        const done = this.#onBatch(batch);
        return done === undefined ? true : done.then(() => true);
      };
      await readBatches(segment, { ...this.#run.reader(segments), from: 0, onBatch });
    }
  }

  #onBatch(batch: SourceBatch): Done {
    const { header } = batch;
    const { map, lasts, endOffset, wallNow } = this.#source;
    const isRemovable = this.#isRemovable(batch);
    if (header.baseOffset > map.latestOffset) return this.#copy(batch);
    const fate = decideFate(
      header,
      {
        isRemovable,
        isLastOfGroup: header.nextOffset >= endOffset,
        lastOfProducer: header.hasProducerId ? lasts.get(header.producerId) : undefined,
      },
      wallNow,
    );
    if (header.recordCount === 0) return fate.keepEmpty ? this.#copy(batch) : undefined;
    if (fate.records === 'drop') return fate.keepEmpty ? this.#empty(batch) : undefined;
    if (fate.records === 'keep') return this.#keep(batch, fate);
    return this.#filter(batch, fate);
  }

  #isRemovable({ header, bytes }: SourceBatch): boolean {
    const { transactions } = this.#source;
    if (!header.isControl) return transactions.onData(header);
    // Control batches that end no transaction are the quorum's, and are never removed.
    if (!header.isTransactional) return false;
    const type = header.recordCount === 0 ? undefined : readMarker(Chunks.of(bytes), 0, header)?.type;
    if (type === undefined && header.recordCount > 0) return false;
    const fate = transactions.onMarker(header, type);
    if (fate.aborted !== undefined) this.#target.addAborted(fate.aborted);
    else if (type === 'abort') this.droppedAborted = true;
    return fate.isRemovable;
  }

  #copy({ header, bytes }: SourceBatch): Done {
    const { lastOffset, recordCount } = header;
    return this.#target.add({ bytes, lastOffset, maxTimestamp: recordCount === 0 ? -1 : header.maxTimestamp });
  }

  #empty(batch: SourceBatch): Done {
    this.#verify(batch);
    const { header, bytes } = batch;
    const { maxTimestamp, lastOffset } = header;
    const records = bytes.subarray(0, 0);
    const empty = rebuildBatch({ head: bytes, header, records, recordCount: 0, maxTimestamp, horizon: undefined });
    return this.#target.add({ bytes: empty, lastOffset, maxTimestamp: -1 });
  }

  /** A marker that may go later; every other control batch stays as it is. */
  #keep(batch: SourceBatch, { needsHorizon }: BatchFate): Done {
    const { header } = batch;
    if (!needsHorizon || header.hasDeleteHorizon) return this.#copy(batch);
    const payload = payloadOf(batch);
    const { maxTimestamp, recordCount } = header;
    const write = (bytes: Buffer): Done =>
      this.#write(batch, {
        payload: bytes,
        ranges: [0, bytes.length],
        kept: recordCount,
        maxTimestamp,
        horizon: this.#newHorizon(),
      });
    return Buffer.isBuffer(payload) ? write(payload) : payload.then(write);
  }

  #filter(batch: SourceBatch, fate: BatchFate): Done {
    const payload = payloadOf(batch);
    if (!Buffer.isBuffer(payload) || payload.length > this.#run.config.ioBufferBytes / 8) {
      return this.#filterSlowly(batch, fate, payload);
    }
    const filter = this.#filterOf(batch.header, payload);
    filter.run(Infinity);
    return this.#finish(batch, fate, filter);
  }

  async #filterSlowly(batch: SourceBatch, fate: BatchFate, payload: Buffer | Promise<Buffer>): Promise<void> {
    const filter = this.#filterOf(batch.header, await payload);
    while (!filter.run(recordsPerStep)) if (this.#run.pacer.isDue) await this.#run.pause(this.#source.segments);
    await this.#finish(batch, fate, filter);
  }

  #filterOf(header: BatchHeader, payload: Buffer): RecordFilter {
    const { map, wallNow } = this.#source;
    return new RecordFilter(payload, header, { map, dropTombstones: hasPassedHorizon(header, wallNow) });
  }

  #finish(batch: SourceBatch, { keepEmpty }: BatchFate, filter: RecordFilter): Done {
    const { header } = batch;
    if (filter.kept === 0) return keepEmpty ? this.#empty(batch) : undefined;
    const horizon = filter.keptTombstones && !header.hasDeleteHorizon ? this.#newHorizon() : undefined;
    if (filter.kept === header.recordCount && horizon === undefined) return this.#copy(batch);
    const { payload, ranges, kept, maxTimestamp } = filter;
    return this.#write(batch, { payload, ranges, kept, maxTimestamp, horizon });
  }

  #write(batch: SourceBatch, filtered: Filtered): Done {
    this.#verify(batch);
    const { header, bytes } = batch;
    const { horizon, kept, maxTimestamp } = filtered;
    const rebase = horizon === undefined ? undefined : { from: header.baseTimestamp, to: horizon };
    const records = packed(keptPayload(filtered, rebase), header);
    const write = (body: Buffer): Done => {
      const rebuilt = { head: bytes, header, records: body, recordCount: kept, maxTimestamp, horizon };
      return this.#target.add({ bytes: rebuildBatch(rebuilt), lastOffset: header.lastOffset, maxTimestamp });
    };
    return Buffer.isBuffer(records) ? write(records) : records.then(write);
  }

  /** A batch gets a new checksum only if the old one was right: damage must not be made to look sound. */
  #verify({ header, bytes }: SourceBatch): void {
    if (crc32c(bytes.subarray(21)) === header.crc) return;
    const { segments } = this.#source;
    throw damaged(this.#segment ?? (segments[0] as Segment), header.baseOffset, 'has a wrong checksum');
  }

  #newHorizon(): number {
    return this.#source.wallNow + this.#source.deleteRetentionMs;
  }
}
