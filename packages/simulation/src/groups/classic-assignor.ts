/** The leader's part of the classic protocol: who gets what. */
import type { Claim } from './embedded-protocol.ts';

export type Shares = ReadonlyMap<string, readonly number[]>;

/** In turn; nobody keeps anything on purpose. */
export function assignInTurn(members: readonly string[], partitions: number): Shares {
  const shares = new Map<string, number[]>(members.map((memberId) => [memberId, []]));
  const lists = [...shares.values()];
  for (let partition = 0; partition < partitions; partition++) lists[partition % lists.length]?.push(partition);
  return shares;
}

/**
 * Who has something keeps it as far as its share goes, and what moves is first with nobody, so that its owner gives it
 * up before another gets it (KIP-429). Of two who claim a partition the one of the later generation has it.
 */
export function assignCooperatively(claims: readonly Claim[], partitions: number): Shares {
  const ownerOf = new Map<number, Claim>();
  for (const claim of claims) {
    for (const partition of claim.owned) {
      const other = ownerOf.get(partition);
      if (other === undefined || other.generationId < claim.generationId) ownerOf.set(partition, claim);
    }
  }
  const shares = new Map<string, number[]>(claims.map(({ memberId }) => [memberId, []]));
  const most = Math.ceil(partitions / claims.length);
  const free: number[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    const share = shares.get(ownerOf.get(partition)?.memberId ?? '');
    if (share !== undefined && share.length < most) share.push(partition);
    else if (share === undefined) free.push(partition);
  }
  for (const partition of free) {
    const least = [...shares.values()].reduce((a, b) => (b.length < a.length ? b : a));
    least.push(partition);
  }
  return shares;
}
