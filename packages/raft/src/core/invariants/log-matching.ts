/**
 * Two logs with a record of the same offset and epoch are the same up to it (Raft, figure 3 and section 5.3). Checked
 * by induction: offset and epoch determine the content of a batch and the epoch of the record before it.
 */
import type { LogBatch } from '../log-batch.ts';
import { contentOf, type Invariant } from './invariant.ts';

export function logMatching(): Invariant {
  const known = new Map<string, string>();
  const checked = new Map<string, LogBatch>();
  return {
    name: 'log matching',
    source: 'Raft 5.3',
    check(members) {
      for (const { name, batches } of members) {
        const last = batches.at(-1);
        const until = checked.get(name);
        if (last === undefined || last === until) continue;
        for (let i = batches.length - 1; i >= 0; i--) {
          const batch = batches[i];
          if (batch === undefined || batch === until) break;
          const key = `${batch.baseOffset}@${batch.epoch}`;
          const before = batches[i - 1];
          // The first batch of a log that begins at a snapshot has nothing before it to compare.
          const link = before === undefined ? '' : String(before.epoch);
          const told = known.get(key);
          const content = contentOf(batch);
          if (told !== undefined) {
            const [otherLink = '', otherContent] = told.split('|');
            if (otherContent !== content) return `${name} has another batch ${key} than somebody else`;
            if (link !== '' && otherLink !== '' && otherLink !== link) {
              return `${name} has epoch ${link} before batch ${key}, somebody else ${otherLink}`;
            }
          }
          if (told === undefined || link !== '') known.set(key, `${link}|${content}`);
        }
        checked.set(name, last);
      }
      return undefined;
    },
  };
}
