/**
 * Which replica a consumer should read from (KIP-392, RackAwareReplicaSelector): the leader if it is in the consumer's
 * rack, else the most caught-up in-sync replica there whose log covers the offset, else the leader.
 */
export interface ReadCandidate {
  readonly brokerId: number;
  readonly rack: string | undefined;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
}

export interface ReadPlace {
  readonly clientRack: string;
  readonly fetchOffset: number;
  readonly leader: ReadCandidate;
  /** The other members of the ISR that are alive. */
  readonly others: readonly ReadCandidate[];
}

/** The broker to read from instead of the leader, or undefined for the leader. */
export function preferredReadReplica({ clientRack, fetchOffset, leader, others }: ReadPlace): number | undefined {
  if (clientRack === '' || leader.rack === clientRack) return undefined;
  let best: ReadCandidate | undefined;
  for (const candidate of others) {
    if (candidate.rack !== clientRack) continue;
    if (fetchOffset < candidate.logStartOffset || fetchOffset > candidate.logEndOffset) continue;
    if (best === undefined || candidate.logEndOffset > best.logEndOffset) best = candidate;
  }
  return best?.brokerId;
}
