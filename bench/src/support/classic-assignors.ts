/** What the leader of a classic group does with one topic: Kafka's range, and a small cooperative-sticky. */

export type Assignor = 'range' | 'cooperative-sticky';

export interface Candidate {
  readonly memberId: string;
  /** What it has now; nothing under an eager protocol. */
  readonly owned: readonly number[];
}

export function assign(
  assignor: Assignor,
  candidates: readonly Candidate[],
  partitions: number,
): ReadonlyMap<string, readonly number[]> {
  return assignor === 'range' ? range(candidates, partitions) : cooperativeSticky(candidates, partitions);
}

function range(candidates: readonly Candidate[], partitions: number): ReadonlyMap<string, readonly number[]> {
  const ids = candidates.map(({ memberId }) => memberId).toSorted();
  const bound = (i: number): number => Math.floor((i * partitions) / ids.length);
  return new Map(
    ids.map((id, i) => [id, Array.from({ length: bound(i + 1) - bound(i) }, (_, at) => bound(i) + at)] as const),
  );
}

/**
 * Everybody keeps what it has up to its fair share. What is taken from one goes to nobody in this round: its owner
 * gives it up first and joins again.
 */
function cooperativeSticky(
  candidates: readonly Candidate[],
  partitions: number,
): ReadonlyMap<string, readonly number[]> {
  const share = Math.ceil(partitions / candidates.length);
  const owned = new Set(candidates.flatMap((candidate) => candidate.owned));
  const shares = candidates.map(({ memberId, owned: own }) => ({ memberId, has: own.slice(0, share) }));
  const free = Array.from({ length: partitions }, (_, i) => i).filter((partition) => !owned.has(partition));
  for (const partition of free) {
    const least = shares.reduce((one, other) => (other.has.length < one.has.length ? other : one));
    least.has.push(partition);
  }
  return new Map(shares.map(({ memberId, has }) => [memberId, has] as const));
}
