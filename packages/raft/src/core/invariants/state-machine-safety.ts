/** No two members ever apply different records at one offset (Raft, figure 3 and section 5.4.3). */
import { CommittedLog } from './committed-log.ts';
import type { Invariant } from './invariant.ts';

export function stateMachineSafety(): Invariant {
  const committed = new CommittedLog();
  return {
    name: 'state machine safety',
    source: 'Raft 5.4.3',
    check: (members) => committed.observe(members),
  };
}
