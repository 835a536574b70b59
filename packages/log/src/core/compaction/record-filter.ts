/**
 * Goes through the records of one batch, a number at a time so that the loop is never held, and remembers which bytes
 * stay. A record stays when no later one has its key, and either it has a value or its tombstone's time is not over;
 * what lies behind the end of the map stays as it is; a record without a key goes.
 */
import { RecordCursor, type BatchHeader } from '@tidelog/protocol';
import type { KeyMap } from './key-map.ts';

export interface FilterOptions {
  readonly map: KeyMap;
  /** The delete horizon of the batch has passed. */
  readonly dropTombstones: boolean;
}

export class RecordFilter {
  /** Of what stays: from, to, from, to, ... in the decompressed records. */
  readonly ranges: number[] = [];
  kept = 0;
  keptTombstones = false;
  maxTimestamp = -1;
  readonly payload: Buffer;
  readonly #cursor: RecordCursor;
  readonly #map: KeyMap;
  readonly #dropTombstones: boolean;

  constructor(payload: Buffer, header: BatchHeader, { map, dropTombstones }: FilterOptions) {
    this.payload = payload;
    this.#cursor = new RecordCursor(payload, header);
    this.#map = map;
    this.#dropTombstones = dropTombstones;
  }

  /** Judges up to so many records; true when all are. Throws ProtocolError for bytes that are no records. */
  run(limit: number): boolean {
    const cursor = this.#cursor;
    const { ranges } = this;
    for (let left = limit; left > 0; left--) {
      if (!cursor.next()) return true;
      if (!this.#stays()) continue;
      this.kept++;
      if (cursor.valueLength < 0) this.keptTombstones = true;
      if (cursor.timestamp > this.maxTimestamp) this.maxTimestamp = cursor.timestamp;
      if (ranges.length > 0 && ranges[ranges.length - 1] === cursor.start) ranges[ranges.length - 1] = cursor.end;
      else ranges.push(cursor.start, cursor.end);
    }
    return false;
  }

  #stays(): boolean {
    const { offset, bytes, keyAt, keyLength, valueLength } = this.#cursor;
    const map = this.#map;
    if (offset > map.latestOffset) return true;
    if (keyLength < 0 || (valueLength < 0 && this.#dropTombstones)) return false;
    return offset >= map.offsetOf(bytes, keyAt, keyAt + keyLength);
  }
}
