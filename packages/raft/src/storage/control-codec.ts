/** Control records of the metadata log between the core's words and Kafka's record formats. */
import { Chunks, unreachable, type Uuid } from '@tidelog/core';
import {
  buildControlBatch,
  KRaftVersionRecord,
  LeaderChangeMessage,
  readControlRecord,
  recordsOf,
  SnapshotFooterRecord,
  SnapshotHeaderRecord,
  VotersRecord,
  type BatchHeader,
  type ControlRecordName,
} from '@tidelog/protocol';
import type { ControlRecord } from '../core/log-batch.ts';
import { VoterSet } from '../core/voter-set.ts';

export interface ControlPayload {
  readonly type: ControlRecordName;
  readonly value: Buffer;
}

export function buildControls({
  baseOffset,
  epoch,
  timestamp,
  controls,
}: {
  baseOffset: number;
  epoch: number;
  timestamp: number;
  controls: readonly ControlRecord[];
}): Buffer {
  const records = controls.map((control) => encodeControl(control, timestamp));
  return buildControlBatch({ baseOffset, partitionLeaderEpoch: epoch, timestamp, records });
}

function encodeControl(control: ControlRecord, timestamp: number): ControlPayload {
  switch (control.kind) {
    case 'leaderChange': {
      const keys = (replicas: readonly { id: number; directoryId: Uuid }[]) =>
        replicas.map(({ id, directoryId }) => ({ voterId: id, voterDirectoryId: directoryId }));
      const { leaderId, voters, grantingVoters } = control;
      const message = { version: 1, leaderId, voters: keys(voters), grantingVoters: keys(grantingVoters) };
      return { type: 'LEADER_CHANGE', value: LeaderChangeMessage.encode(message, 1).toBuffer() };
    }
    case 'kraftVersion': {
      const message = { version: 0, kRaftVersion: control.version };
      return { type: 'KRAFT_VERSION', value: KRaftVersionRecord.encode(message, 0).toBuffer() };
    }
    case 'voters':
      return { type: 'KRAFT_VOTERS', value: encodeVoters(control.voters) };
    case 'snapshotHeader': {
      const message = { version: 0, lastContainedLogTimestamp: timestamp };
      return { type: 'SNAPSHOT_HEADER', value: SnapshotHeaderRecord.encode(message, 0).toBuffer() };
    }
    case 'snapshotFooter':
      return { type: 'SNAPSHOT_FOOTER', value: SnapshotFooterRecord.encode({ version: 0 }, 0).toBuffer() };
    default:
      return unreachable(control);
  }
}

function encodeVoters({ voters }: VoterSet): Buffer {
  const message = {
    version: 0,
    voters: voters.map(({ id, directoryId, endpoints, kraftVersions }) => ({
      voterId: id,
      voterDirectoryId: directoryId,
      endpoints: endpoints.map(({ name, host, port }) => ({ name, host, port })),
      kRaftVersionFeature: { minSupportedVersion: kraftVersions.min, maxSupportedVersion: kraftVersions.max },
    })),
  };
  return VotersRecord.encode(message, 0).toBuffer();
}

/** The control records of a batch; ones that this version does not know are left out. Throws ProtocolError. */
export function readControls(bytes: Chunks, header: BatchHeader): ControlRecord[] {
  const controls: ControlRecord[] = [];
  for (const { offset, key, value } of recordsOf(bytes, header)) {
    const control = decodeControl(readControlRecord(key)?.name, Chunks.of(value ?? Buffer.alloc(0)), offset);
    if (control !== undefined) controls.push(control);
  }
  return controls;
}

function decodeControl(name: string | undefined, value: Chunks, offset: number): ControlRecord | undefined {
  switch (name) {
    case 'LEADER_CHANGE': {
      const { leaderId, voters, grantingVoters } = LeaderChangeMessage.decode(value, 1);
      const keys = (from: readonly { voterId: number; voterDirectoryId: Uuid }[]) =>
        from.map(({ voterId, voterDirectoryId }) => ({ id: voterId, directoryId: voterDirectoryId }));
      return { kind: 'leaderChange', offset, leaderId, voters: keys(voters), grantingVoters: keys(grantingVoters) };
    }
    case 'KRAFT_VERSION':
      return { kind: 'kraftVersion', offset, version: KRaftVersionRecord.decode(value, 0).kRaftVersion };
    case 'KRAFT_VOTERS':
      return { kind: 'voters', offset, voters: decodeVoters(value) };
    case 'SNAPSHOT_HEADER':
      return { kind: 'snapshotHeader', offset };
    case 'SNAPSHOT_FOOTER':
      return { kind: 'snapshotFooter', offset };
    default:
      return undefined;
  }
}

function decodeVoters(value: Chunks): VoterSet {
  const { voters } = VotersRecord.decode(value, 0);
  return new VoterSet(
    voters.map(({ voterId, voterDirectoryId, endpoints, kRaftVersionFeature }) => ({
      id: voterId,
      directoryId: voterDirectoryId,
      endpoints,
      kraftVersions: { min: kRaftVersionFeature.minSupportedVersion, max: kRaftVersionFeature.maxSupportedVersion },
    })),
  );
}
