/** The high watermark of a member never goes back while it lives, and never passes the end of its log (KIP-595). */
import type { Invariant } from './invariant.ts';

export function highWatermarkMonotonic(): Invariant {
  const seen = new Map<string, { life: number; highWatermark: number }>();
  return {
    name: 'high watermark monotonic',
    source: 'KIP-595',
    check(members) {
      for (const { name, life, core } of members) {
        const { highWatermark, endOffset } = core.log;
        const last = seen.get(name);
        const before = last?.life === life ? last.highWatermark : -1;
        if (highWatermark > endOffset) return `${name} commits ${highWatermark}, its log ends at ${endOffset}`;
        if (highWatermark === before) continue;
        if (highWatermark < before) return `${name} went back from ${before} to ${highWatermark}`;
        seen.set(name, { life, highWatermark });
      }
      return undefined;
    },
  };
}
