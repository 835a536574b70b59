/** At most one member leads in an epoch (Raft, figure 3 and section 5.2). */
import type { Invariant } from './invariant.ts';

export function electionSafety(): Invariant {
  const leaders = new Map<number, string>();
  return {
    name: 'election safety',
    source: 'Raft 5.2',
    check(members) {
      for (const { name, core } of members) {
        const { role, epoch } = core.role;
        if (role !== 'leader') continue;
        const known = leaders.get(epoch);
        if (known !== undefined && known !== name) return `${known} and ${name} both lead epoch ${epoch}`;
        leaders.set(epoch, name);
      }
      return undefined;
    },
  };
}
