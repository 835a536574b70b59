/**
 * Bugs of a group coordinator, put in on purpose by wrapping methods of production classes, and the invariants that
 * they break.
 */
import { GroupCore, Turn, type GroupInput } from '@tidelog/broker';
import { allFaults } from '../faults/nemesis.ts';
import type { Mutation } from '../mutations.ts';
import type { GroupKind } from './group-settings.ts';

interface GroupBug extends Pick<Mutation, 'name' | 'breaks' | 'apply'> {
  readonly kind: GroupKind;
  /** Names of faults, if not the usual ones. */
  readonly under?: readonly string[];
}

const failovers = ['kill', 'pause', 'isolation', 'clean restart', 'preferred election'];

function groupMutation({ kind, under = failovers, ...bug }: GroupBug): Mutation {
  const faults = allFaults.filter(({ name }) => under.includes(name));
  return { ...bug, faults, settings: (settings) => ({ ...settings, brokers: 3, groups: [kind] }) };
}

/** Wraps a method of a class; what comes back unwraps it. */
export function wrap<T extends object, K extends keyof T>(
  prototype: T,
  name: K,
  wrapped: (original: T[K]) => T[K],
): () => void {
  const original = prototype[name];
  prototype[name] = wrapped(original);
  return () => void (prototype[name] = original);
}

/** Gives a core another input instead of the one that came; undefined: none at all. */
function changeInput(change: (core: GroupCore, input: GroupInput) => GroupInput | undefined): () => void {
  return wrap(GroupCore.prototype, 'step', (original) => {
    return function step(this: GroupCore, input, turn): void {
      const changed = change(this, input);
      if (changed !== undefined) original.call(this, changed, turn);
    };
  });
}

const notLoaded = groupMutation({
  name: 'a coordinator serves before it has loaded',
  // Or it gives all partitions to who joins, while the members that it does not know have theirs.
  breaks: ['a committed offset went back', 'a fenced member committed', 'two owners'],
  kind: 'eager',
  apply: () => wrap(GroupCore.prototype, 'load', () => () => undefined),
});

const generationIgnored = groupMutation({
  name: 'the generation of a commit is not checked',
  breaks: ['a fenced member committed'],
  kind: 'eager',
  apply: () =>
    changeInput((core, input) => {
      if (input.type !== 'commitOffsets') return input;
      const group = core.groups.get(input.groupId);
      if (group?.kind !== 'classic') return input;
      const [someone = input.memberId] = group.members.keys();
      const { generationId: generationIdOrMemberEpoch } = group;
      return { ...input, memberId: someone, groupInstanceId: null, generationIdOrMemberEpoch };
    }),
});

function ignoreMemberEpochs(): () => void {
  return changeInput((core, input) => {
    if (input.type !== 'commitOffsets') return input;
    const group = core.groups.get(input.groupId);
    if (group?.kind !== 'consumer') return input;
    const [someone] = group.members.values();
    if (someone === undefined) return input;
    const { memberId, memberEpoch: generationIdOrMemberEpoch } = someone;
    return { ...input, memberId, groupInstanceId: null, generationIdOrMemberEpoch };
  });
}

const epochIgnored = groupMutation({
  name: 'the member epoch of a commit is not checked',
  breaks: ['a fenced member committed'],
  kind: 'consumer',
  apply: ignoreMemberEpochs,
});

const epochIgnoredWhileMixed = groupMutation({
  name: 'the member epoch of a commit is not checked while members change their protocol',
  breaks: ['a fenced member committed'],
  kind: 'mixed',
  apply: ignoreMemberEpochs,
});

const answersEarly = groupMutation({
  name: 'answers do not wait for their records',
  breaks: ['a committed offset went back'],
  kind: 'consumer',
  apply: () =>
    wrap(Turn.prototype, 'reply', () => {
      return function reply(this: Turn<unknown>, to, response): void {
        this.answer(to, response);
      };
    }),
});

const givenTooEarly = groupMutation({
  name: 'a partition is given before its owner has given it up',
  breaks: ['two owners'],
  kind: 'consumer',
  apply: () => {
    const group = { prototype: undefined as { ownerOf: () => undefined } | undefined };
    let undo = (): void => undefined;
    const unhook = changeInput((core, input) => {
      if (group.prototype !== undefined) return input;
      const [some] = core.groups.values();
      if (some?.kind !== 'consumer') return input;
      const prototype = (group.prototype = Object.getPrototypeOf(some));
      undo = wrap(prototype, 'ownerOf', () => () => undefined);
      return input;
    });
    return () => {
      undo();
      unhook();
    };
  },
});

const growthUnheard = groupMutation({
  name: 'groups hear nothing of new partitions',
  breaks: ['liveness'],
  kind: 'consumer',
  // A coordinator that loads has the newest metadata.
  under: ['clock jump'],
  apply: () => changeInput((_, input) => (input.type === 'metadataChanged' ? undefined : input)),
});

const offsetsMoved = groupMutation({
  name: 'more is committed than was asked for',
  breaks: ['phantom commit'],
  kind: 'cooperative',
  apply: () =>
    changeInput((_, input) => {
      if (input.type !== 'commitOffsets') return input;
      const topics = input.topics.map((topic) => ({
        ...topic,
        partitions: topic.partitions.map((each) => ({ ...each, committedOffset: each.committedOffset + 1 })),
      }));
      return { ...input, topics };
    }),
});

const restless = groupMutation({
  name: 'a member is told now and then that its generation is over',
  breaks: ['a group at rest rebalances'],
  kind: 'eager',
  apply: () => {
    let heartbeats = 0;
    return changeInput((_, input) => {
      if (input.type !== 'heartbeat' || ++heartbeats % 5 !== 0) return input;
      const generationId = input.request.generationId - 1;
      return { ...input, request: { ...input.request, generationId } };
    });
  },
});

const throwing = groupMutation({
  name: 'a coordinator throws now and then',
  breaks: ['a coordinator broke'],
  kind: 'consumer',
  apply: () => {
    let heartbeats = 0;
    return changeInput((_, input) => {
      if (input.type === 'consumerHeartbeat' && ++heartbeats % 50 === 0) throw new Error('on purpose');
      return input;
    });
  },
});

export const groupMutations: readonly Mutation[] = [
  notLoaded,
  generationIgnored,
  epochIgnored,
  epochIgnoredWhileMixed,
  answersEarly,
  givenTooEarly,
  growthUnheard,
  offsetsMoved,
  restless,
  throwing,
];
