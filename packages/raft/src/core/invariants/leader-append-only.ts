/** A leader never overwrites or deletes records of its log; it only appends (Raft, figure 3 and section 5.3). */
import type { LogBatch } from '../log-batch.ts';
import type { Invariant } from './invariant.ts';

export function leaderAppendOnly(): Invariant {
  const seen = new Map<string, { endOffset: number; last: LogBatch | undefined }>();
  return {
    name: 'leader append-only',
    source: 'Raft 5.3',
    check(members) {
      for (const { name, life, core, batches } of members) {
        if (core.role.role !== 'leader') continue;
        const key = `${name}/${life}/${core.role.epoch}`;
        const before = seen.get(key);
        const { endOffset, startOffset } = core.log;
        const last = batches.at(-1);
        if (before !== undefined) {
          if (endOffset < before.endOffset)
            return `${name} leads and cut its log from ${before.endOffset} to ${endOffset}`;
          const kept = before.last;
          const dropped = kept !== undefined && kept.lastOffset >= startOffset && !holds(batches, kept);
          if (dropped) return `${name} leads and replaced what it had at ${kept.baseOffset}`;
        }
        seen.set(key, { endOffset, last });
      }
      return undefined;
    },
  };
}

/** Looks from the end: a leader is asked after every step, so the batch is one of the last. */
function holds(batches: readonly LogBatch[], wanted: LogBatch): boolean {
  for (let i = batches.length - 1; i >= 0; i--) {
    const batch = batches[i];
    if (batch === wanted) return true;
    if (batch === undefined || batch.baseOffset < wanted.baseOffset) return false;
  }
  return false;
}
