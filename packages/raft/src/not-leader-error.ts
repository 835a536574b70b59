/** An append or another leader's act was asked of a node that does not lead in that epoch (any more). */
export class NotLeaderError extends Error {
  override readonly name = 'NotLeaderError';
  /** -1 while nobody is known to lead. */
  readonly leaderId: number;
  readonly leaderEpoch: number;

  constructor({ leaderId, leaderEpoch, detail }: { leaderId: number; leaderEpoch: number; detail: string }) {
    super(detail);
    this.leaderId = leaderId;
    this.leaderEpoch = leaderEpoch;
  }
}

/** The values do not fit into one batch (internal.metadata.max.batch.size.in.bytes). */
export class BatchTooLargeError extends Error {
  override readonly name = 'BatchTooLargeError';
}
