/**
 * Control batches: one record each, which brokers write and consumers skip. The key says what it is; a kind that this
 * version does not know is passed over. The kinds of the quorum carry a message as value, see control-messages.ts.
 *
 *   key  version i16 = 0 | type i16        value of a transaction marker  version i16 = 0 | coordinatorEpoch i32
 */
import { buildBatch } from './batch-builder.ts';

export const ControlRecordType = {
  ABORT: 0,
  COMMIT: 1,
  LEADER_CHANGE: 2,
  SNAPSHOT_HEADER: 3,
  SNAPSHOT_FOOTER: 4,
  KRAFT_VERSION: 5,
  KRAFT_VOTERS: 6,
} as const;

export type ControlRecordName = keyof typeof ControlRecordType;

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(ControlRecordType).map(([name, type]) => [type, name] as const),
);

export interface ControlRecordKey {
  readonly version: number;
  readonly type: number;
  readonly name: ControlRecordName | 'UNKNOWN';
}

/** What a control record is, by its key; undefined when the key is not one. */
export function readControlRecord(key: Buffer | null): ControlRecordKey | undefined {
  if (key === null || key.length < 4) return undefined;
  const version = key.readInt16BE(0);
  const type = key.readInt16BE(2);
  if (version < 0) return undefined;
  return { version, type, name: (names.get(type) as ControlRecordName | undefined) ?? 'UNKNOWN' };
}

/** The coordinator epoch in the value of a transaction marker; undefined when the value is not one. */
export function readEndTxnMarker(value: Buffer | null): { version: number; coordinatorEpoch: number } | undefined {
  if (value === null || value.length < 6 || value.readInt16BE(0) < 0) return undefined;
  return { version: value.readInt16BE(0), coordinatorEpoch: value.readInt32BE(2) };
}

export interface EndTxnMarkerInput {
  readonly baseOffset?: number | undefined;
  readonly partitionLeaderEpoch?: number | undefined;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
  readonly committed: boolean;
  readonly timestamp: number;
}

/** The batch that ends a transaction in one partition. */
export function buildEndTxnMarker(input: EndTxnMarkerInput): Buffer {
  const { producerId, producerEpoch, coordinatorEpoch, committed, timestamp } = input;
  const value = Buffer.alloc(6);
  value.writeInt32BE(coordinatorEpoch, 2);
  const key = controlRecordKey(committed ? 'COMMIT' : 'ABORT');
  return buildBatch({
    baseOffset: input.baseOffset,
    partitionLeaderEpoch: input.partitionLeaderEpoch,
    records: [{ key, value, timestamp }],
    producerId,
    producerEpoch,
    isTransactional: true,
    isControl: true,
  });
}

export interface ControlRecordInput {
  readonly type: ControlRecordName;
  readonly value: Uint8Array;
}

export interface ControlBatchInput {
  readonly baseOffset?: number | undefined;
  readonly partitionLeaderEpoch?: number | undefined;
  readonly timestamp: number;
  /** In the order they are appended; usually one. */
  readonly records: readonly ControlRecordInput[];
}

/** A control batch of the quorum: leader change, snapshot header or footer, kraft version, voters. */
export function buildControlBatch(input: ControlBatchInput): Buffer {
  const { timestamp } = input;
  return buildBatch({
    baseOffset: input.baseOffset,
    partitionLeaderEpoch: input.partitionLeaderEpoch,
    records: input.records.map(({ type, value }) => ({ key: controlRecordKey(type), value, timestamp })),
    isControl: true,
  });
}

/** The key of a control record. */
export function controlRecordKey(name: ControlRecordName): Buffer {
  const key = Buffer.alloc(4);
  key.writeInt16BE(ControlRecordType[name], 2);
  return key;
}
