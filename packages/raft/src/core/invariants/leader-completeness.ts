/** What is committed in one epoch is in the log of the leader of every later epoch (Raft, figure 3 and section 5.4). */
import { CommittedLog } from './committed-log.ts';
import type { Invariant } from './invariant.ts';

export function leaderCompleteness(): Invariant {
  const committed = new CommittedLog();
  const checked = new Set<string>();
  return {
    name: 'leader completeness',
    source: 'Raft 5.4',
    check(members) {
      committed.observe(members);
      for (const { name, core } of members) {
        if (core.role.role !== 'leader') continue;
        const { epoch } = core.role;
        const key = `${name}@${epoch}`;
        if (checked.has(key)) continue;
        checked.add(key);
        const { startOffset, endOffset, epochs } = core.log;
        for (const [offset, batch] of committed.batches) {
          if (offset < startOffset || batch.epoch >= epoch) continue;
          if (offset >= endOffset || epochs.epochAt(offset) !== batch.epoch) {
            return `${name} leads epoch ${epoch} without what was committed at ${offset} in epoch ${batch.epoch}`;
          }
        }
      }
      return undefined;
    },
  };
}
