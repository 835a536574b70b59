/**
 * The values of the quorum's control records as messages: who leads, where a snapshot begins and ends, which version of
 * KRaft and which voters (KIP-595, KIP-630, KIP-853). A message carries its own version in its first field, and is
 * encoded in it.
 */
import { Chunks } from '@tidelog/core';
import {
  KRaftVersionRecord,
  LeaderChangeMessage,
  SnapshotFooterRecord,
  SnapshotHeaderRecord,
  VotersRecord,
} from '../data/control-records.ts';
import { ErrorCode, ProtocolError } from '../errors.ts';
import type { EncodeOf, Message, ValueOf } from '../schema/message.ts';
import type { ControlRecordInput } from './control-records.ts';

const messages = {
  LEADER_CHANGE: LeaderChangeMessage,
  SNAPSHOT_HEADER: SnapshotHeaderRecord,
  SNAPSHOT_FOOTER: SnapshotFooterRecord,
  KRAFT_VERSION: KRaftVersionRecord,
  KRAFT_VOTERS: VotersRecord,
} as const;

export type QuorumRecordName = keyof typeof messages;
export type QuorumMessage<Name extends QuorumRecordName> = ValueOf<(typeof messages)[Name]>;
export type QuorumMessageInput<Name extends QuorumRecordName> = EncodeOf<(typeof messages)[Name]>;

/** A control record for buildControlBatch. */
export function controlRecord<Name extends QuorumRecordName>(
  type: Name,
  message: QuorumMessageInput<Name> & { readonly version: number },
): ControlRecordInput {
  const codec: Message<unknown, QuorumMessageInput<Name>> = messages[type] as Message<
    unknown,
    QuorumMessageInput<Name>
  >;
  return { type, value: codec.encode(message, message.version).toBuffer() };
}

/** The message in the value of a control record. A version newer than ours is read as far as we know it. */
export function readControlMessage<Name extends QuorumRecordName>(
  type: Name,
  value: Buffer | null,
): QuorumMessage<Name> {
  if (value === null || value.length < 2) {
    throw new ProtocolError(ErrorCode.INVALID_RECORD, `${type}: a control record without a message`);
  }
  const codec = messages[type] as Message<QuorumMessage<Name>>;
  return codec.decode(Chunks.of(value), Math.min(value.readInt16BE(0), codec.versions.max));
}
