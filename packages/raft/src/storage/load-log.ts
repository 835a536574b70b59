/**
 * What a start finds: the log's epochs, the snapshots, and the voters and kraft.version that their control records set.
 * A log that does not reach its newest snapshot (a crash came between the two) begins anew behind it.
 */
import type { PartitionLog } from '@tidelog/log';
import { batchesOf } from '@tidelog/protocol';
import type { EpochEntry, OffsetAndEpoch } from '../core/epoch-cache.ts';
import type { InitialLog } from '../core/log-view.ts';
import type { At, VoterSet } from '../core/voter-set.ts';
import { readControls } from './control-codec.ts';
import type { SnapshotStore } from './snapshot-store.ts';

const scanBytes = 1 << 20;

export interface LoadOptions {
  readonly log: PartitionLog;
  readonly snapshots: SnapshotStore;
  /** The voters that the configuration names; none where it names bootstrap servers. */
  readonly configuredVoters: VoterSet;
}

export interface LoadedLog {
  readonly initial: InitialLog;
  /** Bytes of the log behind the newest snapshot. */
  readonly bytesSinceSnapshot: number;
}

export async function loadLog({ log, snapshots, configuredVoters }: LoadOptions): Promise<LoadedLog> {
  const ids = snapshots.load();
  const latest = ids.at(-1);
  if (latest !== undefined && isBehind(log, latest)) {
    await log.truncateFullyAndStartAt(latest.offset, latest.offset);
  }
  const oldest = ids.find((id) => id.offset >= log.logStartOffset);
  const startHadMoved = log.logStartOffset > 0 || !knowsItsStart(log);
  if (startHadMoved && oldest !== undefined && oldest.offset > log.logStartOffset) {
    // The snapshot of the start is gone, or the epochs below where it was; a crash took the start back. What a snapshot
    // holds is committed.
    log.updateHighWatermark(oldest.offset);
    log.incrementLogStartOffset(oldest.offset, 'the snapshot before is gone');
  }
  const base = ids.find((id) => id.offset === log.logStartOffset);
  if (log.logStartOffset > 0 && base === undefined) {
    throw new Error(
      `the metadata log starts at offset ${log.logStartOffset} and no snapshot holds what came before it; ` +
        'restore the missing .checkpoint file, or remove this replica from the voters and format it anew',
    );
  }
  const voterSets: At<VoterSet>[] = [{ offset: -1, value: configuredVoters }];
  const kraftVersions: At<number>[] = [{ offset: -1, value: 0 }];
  if (latest !== undefined) {
    const { voters, kraftVersion } = snapshots.content(latest);
    const offset = latest.offset - 1;
    voterSets[0] = { offset, value: voters ?? configuredVoters };
    kraftVersions[0] = { offset, value: kraftVersion };
  }
  const bytesSinceSnapshot = await scanControls(log, Math.max(latest?.offset ?? 0, log.logStartOffset), {
    voterSets,
    kraftVersions,
  });
  const initial: InitialLog = {
    startOffset: log.logStartOffset,
    endOffset: log.logEndOffset,
    baseEpoch: base?.epoch ?? 0,
    epochs: epochsOf(log),
    snapshots: ids.filter((id) => id.offset >= log.logStartOffset),
    voterSets,
    kraftVersions,
  };
  return { initial, bytesSinceSnapshot };
}

function isBehind(log: PartitionLog, snapshot: OffsetAndEpoch): boolean {
  if (snapshot.offset === 0) return false;
  return log.logEndOffset < snapshot.offset || (log.latestEpoch >= 0 && log.latestEpoch < snapshot.epoch);
}

/** Whether the epoch of the first record is known: it is forgotten with the records before it. */
function knowsItsStart(log: PartitionLog): boolean {
  if (log.logEndOffset === log.logStartOffset) return true;
  return log.earliestEpoch >= 0 && log.endOffsetForEpoch(log.earliestEpoch - 1).endOffset <= log.logStartOffset;
}

/** The log answers where each epoch ends; where it begins follows from the one before. */
function epochsOf(log: PartitionLog): EpochEntry[] {
  const entries: EpochEntry[] = [];
  if (log.earliestEpoch < 0 || log.logEndOffset === log.logStartOffset) return entries;
  let startOffset = log.logStartOffset;
  for (let epoch = log.earliestEpoch; epoch <= log.latestEpoch; epoch++) {
    const end = log.endOffsetForEpoch(epoch);
    if (end.epoch !== epoch) continue;
    if (startOffset < log.logEndOffset) entries.push({ epoch, startOffset });
    startOffset = end.endOffset;
  }
  return entries;
}

async function scanControls(
  log: PartitionLog,
  from: number,
  found: { voterSets: At<VoterSet>[]; kraftVersions: At<number>[] },
): Promise<number> {
  let offset = from;
  let scannedBytes = 0;
  while (offset < log.logEndOffset) {
    const outcome = await log.read({ offset, maxBytes: scanBytes, minOneBatch: true, upTo: log.logEndOffset });
    if (outcome.kind !== 'data') throw new Error(`the metadata log can not be read at offset ${offset}`);
    const before = offset;
    for (const { header, bytes } of batchesOf(outcome.records)) {
      offset = header.lastOffset + 1;
      scannedBytes += header.sizeInBytes;
      if (!header.isControl || header.baseOffset < from) continue;
      for (const control of readControls(bytes, header)) {
        if (control.kind === 'voters') found.voterSets.push({ offset: control.offset, value: control.voters });
        if (control.kind === 'kraftVersion') {
          found.kraftVersions.push({ offset: control.offset, value: control.version });
        }
      }
    }
    if (offset === before) throw new Error(`the metadata log holds no whole batch at offset ${offset}`);
  }
  return scannedBytes;
}
