/**
 * The text files that hold a few numbers: offset checkpoints of a log directory, the leader epochs and the topic id of
 * a partition, the clean shutdown marker. Line 0 is the version, line 1 the count, then one entry per line. A file that
 * does not parse reads as undefined.
 */
import type { EpochStart } from './leader-epochs.ts';
import { partitionDirectoryName, type TopicPartition } from './segment-names.ts';

export interface CheckpointEntry extends TopicPartition {
  readonly offset: number;
}

export function encodeOffsets(entries: readonly CheckpointEntry[]): string {
  return encodeLines(entries.map(({ topic, partition, offset }) => `${topic} ${partition} ${offset}`));
}

/** Offsets by directory name, `<topic>-<partition>`. */
export function decodeOffsets(text: string): Map<string, number> | undefined {
  const lines = decodeLines(text);
  if (lines === undefined) return undefined;
  const offsets = new Map<string, number>();
  for (const line of lines) {
    const [topic, partition, offset, ...rest] = line.split(' ');
    if (topic === undefined || rest.length > 0 || !isCount(partition) || !isCount(offset)) return undefined;
    offsets.set(partitionDirectoryName({ topic, partition: Number(partition) }), Number(offset));
  }
  return offsets;
}

export function encodeEpochs(entries: readonly EpochStart[]): string {
  return encodeLines(entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}`));
}

export function decodeEpochs(text: string): EpochStart[] | undefined {
  const lines = decodeLines(text);
  if (lines === undefined) return undefined;
  const entries: EpochStart[] = [];
  for (const line of lines) {
    const [epoch, startOffset, ...rest] = line.split(' ');
    if (rest.length > 0 || !isCount(epoch) || !isCount(startOffset)) return undefined;
    entries.push({ epoch: Number(epoch), startOffset: Number(startOffset) });
  }
  return entries;
}

export function encodePartitionMetadata(topicId: string): string {
  return `version: 0\ntopic_id: ${topicId}\n`;
}

export function decodePartitionMetadata(text: string): string | undefined {
  return /^version: 0\ntopic_id: ([A-Za-z0-9_-]{22})\s*$/.exec(text)?.[1];
}

export function encodeCleanShutdown(brokerEpoch: number): string {
  return JSON.stringify({ version: 0, brokerEpoch });
}

/** The broker epoch of the marker; -1 for one that tells none. */
export function decodeCleanShutdown(text: string): number {
  const epoch = Number(/"brokerEpoch"\s*:\s*(-?\d+)/.exec(text)?.[1] ?? -1);
  return Number.isSafeInteger(epoch) ? epoch : -1;
}

function encodeLines(lines: readonly string[]): string {
  return `0\n${lines.length}\n${lines.map((line) => `${line}\n`).join('')}`;
}

function decodeLines(text: string): string[] | undefined {
  const [version, count, ...rest] = text.split('\n');
  const lines = rest.filter((line) => line !== '');
  return version === '0' && count === String(lines.length) ? lines : undefined;
}

function isCount(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,16}$/.test(text);
}
