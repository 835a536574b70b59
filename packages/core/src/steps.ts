/**
 * Work in parts, for what would hold the loop when done at once: each `next()` does one part, and whoever takes them
 * may let others go first in between.
 */
export type Steps = Iterator<void, void>;

/** Takes the first step; what comes back is the rest, if there is one. */
export function firstStepOf(steps: Steps): Steps | undefined {
  return steps.next().done === true ? undefined : steps;
}
