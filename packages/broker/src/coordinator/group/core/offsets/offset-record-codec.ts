/**
 * Reads offset commit records (types 0 and 1) by hand: a coordinator that takes over has a million of them to read
 * before it serves. Names that repeat from one record to the next are decoded once.
 *
 *   key    type i16 = 0|1 | group i16+bytes | topic i16+bytes | partition i32
 *   value  version i16 | offset i64 | leaderEpoch i32 (v3) | metadata | commitTimestamp i64 | expireTimestamp i64 (v1)
 *          metadata is i16+bytes, from v4 uvarint(n+1)+bytes, and v4 ends in tagged fields: 0 is the topic id
 */
import { Chunks, zeroUuid } from '@tidelog/core';
import { OffsetCommitKey, OffsetCommitValue } from '@tidelog/protocol';
import type { OffsetRecord } from '../group-records.ts';
import type { CommittedOffset } from './offset-store.ts';

export const offsetRecordTypes: ReadonlySet<number> = new Set([0, 1]);

export class OffsetRecordReader {
  readonly #group = new RecentText();
  readonly #topic = new RecentText();
  readonly #metadata = new RecentText();
  readonly #topicId = new RecentUuid();

  /** A record whose key begins with one of `offsetRecordTypes`. Throws ProtocolError or RangeError when malformed. */
  read(key: Buffer, value: Buffer | null): OffsetRecord {
    const groupLength = key.readInt16BE(2);
    const topicAt = 4 + groupLength + 2;
    const topicLength = groupLength < 0 ? -1 : key.readInt16BE(topicAt - 2);
    if (groupLength < 0 || topicLength < 0 || topicAt + topicLength + 4 > key.length) return slowKey(key, value);
    return {
      type: 'offset',
      groupId: this.#group.read(key, 4, groupLength),
      topic: this.#topic.read(key, topicAt, topicLength),
      partition: key.readInt32BE(topicAt + topicLength),
      value: value === null ? null : this.#value(value),
    };
  }

  #value(value: Buffer): CommittedOffset {
    const isCurrent = value.readInt16BE(0) === 4 && value.length >= 24 && (value[14] as number) < 0x80;
    if (!isCurrent) return slowValue(value);
    const metadataLength = (value[14] as number) - 1;
    const timestampAt = 15 + metadataLength;
    const tagsAt = timestampAt + 8;
    if (metadataLength < 0 || tagsAt >= value.length) return slowValue(value);
    // One tag, number 0, of 16 bytes: what this coordinator and Kafka's write. Anything else takes the long way.
    const tags = value[tagsAt] as number;
    const hasId = tags === 1 && value[tagsAt + 1] === 0 && value[tagsAt + 2] === 16 && value.length >= tagsAt + 19;
    if (tags !== 0 && !hasId) return slowValue(value);
    return {
      offset: int64(value, 2),
      leaderEpoch: value.readInt32BE(10),
      metadata: metadataLength === 0 ? '' : this.#metadata.read(value, 15, metadataLength),
      commitTimestamp: int64(value, timestampAt),
      expireTimestamp: -1,
      topicId: hasId ? this.#topicId.read(value, tagsAt + 3) : zeroUuid,
    };
  }
}

function int64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
}

function slowKey(key: Buffer, value: Buffer | null): OffsetRecord {
  const { group, topic, partition } = OffsetCommitKey.decode(Chunks.of(key), 0, 2);
  return { type: 'offset', groupId: group, topic, partition, value: value === null ? null : slowValue(value) };
}

function slowValue(value: Buffer): CommittedOffset {
  const decoded = OffsetCommitValue.decode(Chunks.of(value), value.readInt16BE(0), 2);
  const { offset, leaderEpoch, metadata, commitTimestamp, expireTimestamp, topicId } = decoded;
  return { offset, leaderEpoch, metadata, commitTimestamp, expireTimestamp, topicId };
}

/** Whether the bytes at a position are those. For a few bytes a loop is faster than Buffer.compare. */
function isAt(bytes: Buffer, at: number, wanted: Buffer, length: number): boolean {
  if (wanted.length !== length || at + length > bytes.length) return false;
  for (let i = length - 1; i >= 0; i--) if (bytes[at + i] !== wanted[i]) return false;
  return true;
}

/** The last text, as bytes and as a string. */
class RecentText {
  #bytes: Buffer = Buffer.alloc(0);
  #text = '';

  read(bytes: Buffer, at: number, length: number): string {
    if (isAt(bytes, at, this.#bytes, length)) return this.#text;
    this.#text = bytes.toString('utf8', at, at + length);
    // Copied: the text must not keep a whole batch in memory.
    this.#bytes = Buffer.from(bytes.subarray(at, at + length));
    return this.#text;
  }
}

class RecentUuid {
  #bytes: Buffer = Buffer.alloc(16);
  #uuid = zeroUuid;

  read(bytes: Buffer, at: number): string {
    if (isAt(bytes, at, this.#bytes, 16)) return this.#uuid;
    this.#bytes = Buffer.from(bytes.subarray(at, at + 16));
    return (this.#uuid = this.#bytes.toString('base64url'));
  }
}
