/** Puts the keys of one batch into the map, a number at a time so that the loop is never held. */
import { RecordCursor, type BatchHeader } from '@tidelog/protocol';
import type { KeyMap } from './key-map.ts';

export type Collected = 'more' | 'done' | 'full';

export class KeyCollector {
  readonly #cursor: RecordCursor;
  readonly #map: KeyMap;
  readonly #from: number;

  /** Records below `from` are clean already and not noted. */
  constructor(cursor: { payload: Buffer; header: BatchHeader }, { map, from }: { map: KeyMap; from: number }) {
    this.#cursor = new RecordCursor(cursor.payload, cursor.header);
    this.#map = map;
    this.#from = from;
  }

  /** Looks at up to so many records. Throws ProtocolError for bytes that are no records. */
  run(limit: number): Collected {
    const cursor = this.#cursor;
    const map = this.#map;
    for (let left = limit; left > 0; left--) {
      if (!cursor.next()) return 'done';
      const { offset, keyAt, keyLength, bytes } = cursor;
      if (keyLength < 0 || offset < this.#from) continue;
      if (!map.put(bytes, { start: keyAt, end: keyAt + keyLength, offset })) return 'full';
    }
    return 'more';
  }
}
