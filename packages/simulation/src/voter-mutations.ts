/**
 * Bugs of the quorum when its voters change, put in on purpose by wrapping the step of every member's core, and the
 * invariants that they break.
 */
import { RaftCore } from '@tidelog/raft';
import { allFaults } from './faults/nemesis.ts';
import { wrap } from './groups/group-mutations.ts';
import type { Mutation } from './mutations.ts';

type Input = Parameters<RaftCore['step']>[0];

interface VoterBug extends Pick<Mutation, 'name' | 'breaks'> {
  /** Before a step of a leader; what comes back is done after it. */
  readonly around: (core: RaftCore, input: Input) => () => void;
}

function voterMutation({ around, ...bug }: VoterBug): Mutation {
  const faults = allFaults.filter(({ name }) => name === 'voter removal' || name === 'slow and lossy link');
  return {
    ...bug,
    faults,
    settings: (settings) => ({ ...settings, brokers: 3, quorum: 'dynamic' }),
    apply: () => {
      const { prototype } = RaftCore;
      return wrap(prototype, 'step', (original) => {
        return function step(this: RaftCore, input, now, out): void {
          const after = this.role.role === 'leader' ? around(this, input) : undefined;
          original.call(this, input, now, out);
          after?.();
        };
      });
    },
  };
}

/** KIP-853 has one change at a time, and the next one only when it is committed (Raft dissertation 4.1). */
const changeNotAwaited = voterMutation({
  name: 'a voter is removed while another change is not committed',
  breaks: ['voter sets'],
  around: ({ role, log: { voterSets } }, input) => {
    const isRemoval = input.kind === 'requestReceived' && input.request.kind === 'removeVoter';
    if (!isRemoval || role.role !== 'leader') return () => undefined;
    role.voterChange = undefined;
    const { value } = voterSets.latest;
    const changed = (): boolean => latestOf(voterSets).value !== value;
    const get = (): unknown => (changed() ? latestOf(voterSets) : { offset: -1, value });
    Object.defineProperty(voterSets, 'latest', { get, configurable: true });
    return () => void Reflect.deleteProperty(voterSets, 'latest');
  },
});

type Histories = RaftCore['log']['voterSets'];

function latestOf(history: Histories): Histories['latest'] {
  return Reflect.get(Object.getPrototypeOf(history) as Histories, 'latest', history);
}

/** It counts in the place of the voter that has least. */
const removedLeaderCounts = voterMutation({
  name: 'a leader that was removed counts itself in the majority',
  breaks: ['committed by a majority'],
  around: ({ role, log, isVoter }) => {
    if (role.role === 'leader' && !isVoter) {
      const voters = [...role.replicas.values()].filter(({ key }) => log.voters.has(key));
      const last = voters.toSorted((a, b) => a.endOffset - b.endOffset)[0];
      if (last !== undefined) last.endOffset = log.syncedOffset;
    }
    return () => undefined;
  },
});

export const voterMutations: readonly Mutation[] = [changeNotAwaited, removedLeaderCounts];
