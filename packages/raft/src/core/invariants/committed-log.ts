/** What the members have reported as committed, all together: offset of a batch to its epoch and content. */
import { contentOf, type MemberView } from './invariant.ts';

export interface CommittedBatchFacts {
  readonly epoch: number;
  readonly content: string;
}

export class CommittedLog {
  readonly batches = new Map<number, CommittedBatchFacts>();
  readonly #seen = new Map<string, { life: number; highWatermark: number }>();

  /** Takes in what has become committed since the last look; says where two members disagree. */
  observe(members: readonly MemberView[]): string | undefined {
    for (const { name, life, core, batches } of members) {
      const { highWatermark } = core.log;
      const seen = this.#seen.get(name);
      const from = seen?.life === life ? seen.highWatermark : 0;
      if (highWatermark <= from) continue;
      for (let i = batches.length - 1; i >= 0; i--) {
        const batch = batches[i];
        if (batch === undefined || batch.lastOffset < from) break;
        if (batch.lastOffset >= highWatermark) continue;
        const content = contentOf(batch);
        const known = this.batches.get(batch.baseOffset);
        if (known !== undefined && (known.epoch !== batch.epoch || known.content !== content)) {
          return `${name} committed another batch at ${batch.baseOffset} (epoch ${batch.epoch}, was ${known.epoch})`;
        }
        this.batches.set(batch.baseOffset, { epoch: batch.epoch, content });
      }
      this.#seen.set(name, { life, highWatermark });
    }
    return undefined;
  }
}
