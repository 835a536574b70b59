/**
 * Voter sets that follow each other differ by at most one voter, and a leader has at most one that is not committed
 * (Raft dissertation 4.1 and 4.3, KIP-853): any majority of the one meets any majority of the other.
 */
import { mayBeReplica } from '../replica-key.ts';
import type { VoterSet } from '../voter-set.ts';
import type { Invariant } from './invariant.ts';

export function voterChangeSafety(): Invariant {
  return {
    name: 'voter change safety',
    source: 'Raft dissertation 4.1',
    check(members) {
      for (const { name, core } of members) {
        const { role } = core;
        if (role.role !== 'leader') continue;
        const { voterSets, highWatermark } = core.log;
        const { latest } = voterSets;
        if (latest.offset < role.epochStartOffset) continue;
        const before = voterSets.before(latest.offset);
        const changed = difference(before.value, latest.value) + difference(latest.value, before.value);
        if (before.offset >= 0 && changed > 1) return `${name} changed ${changed} voters at ${latest.offset}`;
        if (before.offset >= highWatermark && before.offset >= 0 && changed > 0) {
          return `${name} has two uncommitted voter sets, at ${before.offset} and ${latest.offset}`;
        }
      }
      return undefined;
    },
  };
}

/** A voter whose directory becomes known (kraft.version is raised) is the voter that it was. */
function difference(a: VoterSet, b: VoterSet): number {
  return a.voters.filter((voter) => !b.voters.some((other) => mayBeReplica(other, voter))).length;
}
