/**
 * The transaction index of a segment: one entry per aborted transaction whose marker lies in it.
 *
 *   34 bytes: version i16 = 0, producerId i64, firstOffset i64, lastOffset i64 (the marker), lastStableOffset i64
 *
 * A reader of committed data collects what overlaps its range, going on into later segments until an entry's last
 * stable offset lies at or beyond the end of the range.
 */
import type { EndedTransaction } from './producers.ts';

export const txnEntryBytes = 34;

export interface AbortedEntry {
  readonly producerId: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly lastStableOffset: number;
}

export function encodeAborted(ended: EndedTransaction | AbortedEntry): Buffer {
  const out = Buffer.alloc(txnEntryBytes);
  out.writeBigInt64BE(BigInt(ended.producerId), 2);
  out.writeBigInt64BE(BigInt(ended.firstOffset), 10);
  out.writeBigInt64BE(BigInt(ended.lastOffset), 18);
  out.writeBigInt64BE(BigInt(ended.lastStableOffset), 26);
  return out;
}

/** All whole entries; undefined when one has another version or the length is odd. */
export function decodeAborted(bytes: Buffer): AbortedEntry[] | undefined {
  if (bytes.length % txnEntryBytes !== 0) return undefined;
  const entries: AbortedEntry[] = [];
  for (let at = 0; at < bytes.length; at += txnEntryBytes) {
    if (bytes.readInt16BE(at) !== 0) return undefined;
    entries.push({
      producerId: Number(bytes.readBigInt64BE(at + 2)),
      firstOffset: Number(bytes.readBigInt64BE(at + 10)),
      lastOffset: Number(bytes.readBigInt64BE(at + 18)),
      lastStableOffset: Number(bytes.readBigInt64BE(at + 26)),
    });
  }
  return entries;
}

/** Adds what overlaps [from, to) to `out`; true when later segments cannot add anything. */
export function collectAborted(
  entries: readonly AbortedEntry[],
  range: { readonly from: number; readonly to: number },
  out: AbortedEntry[],
): boolean {
  for (const entry of entries) {
    if (entry.lastOffset >= range.from && entry.firstOffset < range.to) out.push(entry);
    if (entry.lastStableOffset >= range.to) return true;
  }
  return false;
}
