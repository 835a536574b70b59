/** When the active segment ends and the next one begins. */
import type { LogConfig } from './log-config.ts';

const int32Max = 0x7fff_ffff;

/** The active segment as accepted so far, written or not. */
export interface ActiveSegment {
  readonly baseOffset: number;
  readonly sizeInBytes: number;
  /** Wall clock. */
  readonly createdAt: number;
  /** The largest timestamp of its first batch; -1 when it has none. */
  readonly firstTimestamp: number;
  readonly jitterMs: number;
  readonly indexEntries: number;
  readonly timeIndexEntries: number;
}

export interface Incoming {
  readonly sizeInBytes: number;
  readonly lastOffset: number;
  readonly maxTimestamp: number;
}

export function shouldRoll(active: ActiveSegment, incoming: Incoming, config: LogConfig, wallNow: number): boolean {
  if (incoming.lastOffset - active.baseOffset > int32Max) return true;
  if (active.sizeInBytes === 0) return false;
  if (active.sizeInBytes + incoming.sizeInBytes > config.segmentBytes) return true;
  const knowsTime = active.firstTimestamp >= 0 && incoming.maxTimestamp >= 0;
  const age = knowsTime ? incoming.maxTimestamp - active.firstTimestamp : wallNow - active.createdAt;
  // What has to be compacted in time must not stay in the active segment for longer (KIP-354).
  const lagMax = config.cleanupPolicy.includes('compact') ? config.maxCompactionLagMs : Infinity;
  if (age > Math.min(config.segmentMs - active.jitterMs, lagMax)) return true;
  return (
    active.indexEntries >= Math.floor(config.segmentIndexBytes / 8) ||
    active.timeIndexEntries >= Math.floor(config.segmentIndexBytes / 12) - 1
  );
}
