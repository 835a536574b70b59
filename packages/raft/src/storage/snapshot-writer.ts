/**
 * Writing a snapshot: a header batch (SnapshotHeader, and KRaftVersion and Voters where they are in the log), the
 * records in batches of bounded size, a footer batch. It goes into a `.part` file that is synced and renamed at the
 * end, and gives the loop back between slices, so that a large image does not hold up elections.
 */
import type { World } from '@tidelog/core';
import { buildBatch } from '@tidelog/protocol';
import type { OffsetAndEpoch } from '../core/epoch-cache.ts';
import type { ControlRecord } from '../core/log-batch.ts';
import type { VoterSet } from '../core/voter-set.ts';
import { buildControls } from './control-codec.ts';

/** Bytes of values per batch, and per slice of the loop. */
const batchBytes = 256 * 1024;

export interface SnapshotInput {
  readonly id: OffsetAndEpoch;
  readonly lastContainedLogTimestamp: number;
  readonly kraftVersion: number;
  readonly voters: VoterSet;
  readonly records: Iterable<Buffer>;
}

/** The batches of a snapshot, in order. */
export function* snapshotBytes(input: SnapshotInput): Generator<Buffer> {
  const { id, lastContainedLogTimestamp: timestamp, kraftVersion, voters } = input;
  let offset = 0;
  const controls: ControlRecord[] = [{ kind: 'snapshotHeader', offset: 0 }];
  if (kraftVersion > 0) {
    controls.push({ kind: 'kraftVersion', offset: 1, version: kraftVersion });
    controls.push({ kind: 'voters', offset: 2, voters });
  }
  yield buildControls({ baseOffset: offset, epoch: id.epoch, timestamp, controls });
  offset += controls.length;
  let values: Buffer[] = [];
  let size = 0;
  const batch = (): Buffer => {
    const records = values.map((value) => ({ key: null, value, timestamp }));
    const bytes = buildBatch({ baseOffset: offset, partitionLeaderEpoch: id.epoch, records });
    offset += values.length;
    values = [];
    size = 0;
    return bytes;
  };
  for (const value of input.records) {
    values.push(value);
    size += value.length;
    if (size >= batchBytes) yield batch();
  }
  if (values.length > 0) yield batch();
  const footer: ControlRecord[] = [{ kind: 'snapshotFooter', offset }];
  yield buildControls({ baseOffset: offset, epoch: id.epoch, timestamp, controls: footer });
}

/** Writes the file under its temporary name and syncs it. */
export async function writeSnapshot(world: World, path: string, input: SnapshotInput): Promise<void> {
  const file = world.disk.open(path, 'write');
  try {
    file.truncate(0);
    let position = 0;
    for (const bytes of snapshotBytes(input)) {
      file.write([bytes], position);
      position += bytes.length;
      await new Promise<void>((resolve) => world.timers.endOfTurn(resolve));
    }
    await file.sync();
  } finally {
    file.close();
  }
}
