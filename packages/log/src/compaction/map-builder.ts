/**
 * First pass of a cleaning: reads the dirty part once and notes the last offset of every key. Markers and data of
 * aborted transactions have no say. Checksums are verified here, so that nothing is dropped for the sake of a record
 * that cannot be read.
 */
import { Chunks, crc32c } from '@tidelog/core';
import type { CleaningPlan } from '../core/compaction/candidates.ts';
import { CleanedTransactions } from '../core/compaction/cleaned-transactions.ts';
import { KeyCollector } from '../core/compaction/key-collector.ts';
import { KeyMap } from '../core/compaction/key-map.ts';
import type { AbortedEntry } from '../core/transaction-index.ts';
import { readMarker } from '../core/admission.ts';
import { soundPositionBefore } from '../segment-place.ts';
import type { Segment } from '../segment.ts';
import { payloadOf } from './batch-payload.ts';
import type { CleaningRun } from './cleaning-run.ts';
import { damaged, readBatches, type SourceBatch } from './source-reader.ts';

/** Records that are looked at between two glances at the clock. */
export const recordsPerStep = 512;

export class MapBuilder {
  readonly #run: CleaningRun;
  readonly #plan: CleaningPlan;
  readonly #segments: readonly Segment[];
  readonly #map: KeyMap;
  readonly #transactions: CleanedTransactions;

  constructor(run: CleaningRun, { plan, segments, aborted }: MapSource) {
    const { config, state } = run;
    this.#run = run;
    this.#plan = plan;
    this.#segments = segments;
    // A transaction whose marker is not read here must not be taken for one that goes on.
    const ending = aborted.filter(({ lastOffset }) => lastOffset >= plan.firstDirtyOffset);
    this.#transactions = new CleanedTransactions(ending);
    this.#map = new KeyMap({
      baseOffset: plan.firstDirtyOffset,
      expectedKeys: plan.firstUncleanableOffset - plan.firstDirtyOffset,
      bufferBytes: config.dedupeBufferBytes,
      loadFactor: config.loadFactor,
      hashKey: state.context.world.random.bytes(16),
    });
  }

  async build(): Promise<KeyMap> {
    const { firstDirtyOffset, firstUncleanableOffset } = this.#plan;
    const dirty = this.#segments.slice(this.#firstDirty());
    for (const segment of dirty) {
      const from = segment.baseOffset < firstDirtyOffset ? await soundPositionBefore(segment, firstDirtyOffset) : 0;
      const onBatch = (batch: SourceBatch): boolean | Promise<boolean> => this.#onBatch(segment, batch);
      if (!(await readBatches(segment, { ...this.#run.reader(this.#segments), from, onBatch }))) return this.#map;
    }
    this.#map.latestOffset = firstUncleanableOffset - 1;
    return this.#map;
  }

  /** Aborted transactions may have begun before the dirty part, in the segment that it begins in. */
  #firstDirty(): number {
    const { firstDirtyOffset } = this.#plan;
    const next = this.#segments.findIndex(({ baseOffset }) => baseOffset > firstDirtyOffset);
    return Math.max(0, (next < 0 ? this.#segments.length : next) - 1);
  }

  /** False when the map is full. */
  #onBatch(segment: Segment, { header, bytes }: SourceBatch): boolean | Promise<boolean> {
    if (crc32c(bytes.subarray(21)) !== header.crc) throw damaged(segment, header.baseOffset, 'has a wrong checksum');
    if (header.isControl) {
      if (header.isTransactional) this.#transactions.onMarker(header, readMarker(Chunks.of(bytes), 0, header)?.type);
      return this.#onSeen(header.lastOffset);
    }
    const isAborted = this.#transactions.onData(header);
    if (isAborted || header.recordCount === 0 || header.lastOffset < this.#plan.firstDirtyOffset) {
      return this.#onSeen(header.lastOffset);
    }
    const payload = payloadOf({ header, bytes });
    if (!Buffer.isBuffer(payload) || payload.length > this.#run.config.ioBufferBytes / 8) {
      return this.#collectSlowly({ header, bytes }, payload);
    }
    const collector = new KeyCollector({ payload, header }, { map: this.#map, from: this.#plan.firstDirtyOffset });
    return collector.run(Infinity) === 'done' && this.#onSeen(header.lastOffset);
  }

  async #collectSlowly({ header }: SourceBatch, payload: Buffer | Promise<Buffer>): Promise<boolean> {
    const from = this.#plan.firstDirtyOffset;
    const collector = new KeyCollector({ payload: await payload, header }, { map: this.#map, from });
    for (;;) {
      const collected = collector.run(recordsPerStep);
      if (collected === 'full') return false;
      if (collected === 'done') return this.#onSeen(header.lastOffset);
      if (this.#run.pacer.isDue) await this.#run.pause(this.#segments);
    }
  }

  #onSeen(lastOffset: number): true {
    this.#map.latestOffset = Math.max(this.#map.latestOffset, lastOffset);
    return true;
  }
}

export interface MapSource {
  readonly plan: CleaningPlan;
  readonly segments: readonly Segment[];
  readonly aborted: readonly AbortedEntry[];
}
