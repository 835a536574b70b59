/** Every invariant of the quorum, fresh for one run. */
import { electionSafety } from './election-safety.ts';
import { highWatermarkMonotonic } from './high-watermark-monotonic.ts';
import type { Invariant } from './invariant.ts';
import { leaderAppendOnly } from './leader-append-only.ts';
import { leaderCompleteness } from './leader-completeness.ts';
import { logMatching } from './log-matching.ts';
import { stateMachineSafety } from './state-machine-safety.ts';
import { voterChangeSafety } from './voter-change-safety.ts';

export function raftInvariants(): Invariant[] {
  return [
    electionSafety(),
    leaderAppendOnly(),
    logMatching(),
    leaderCompleteness(),
    stateMachineSafety(),
    highWatermarkMonotonic(),
    voterChangeSafety(),
  ];
}
