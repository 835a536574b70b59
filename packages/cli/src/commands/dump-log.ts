/**
 * `tidelog dump-log`: what Kafka's DumpLogSegments does, over files that Tidelog or Apache Kafka wrote. It reads only,
 * and needs no broker. What is wrong with a file goes to standard error and makes the exit code 1. The metadata log is
 * decoded where it is Tidelog's own: its values are protobuf (KIP-595 control records are everybody's).
 */
import { basename, dirname } from 'node:path';
import { createNodeWorld, type Disk } from '@tidelog/core';
import {
  dumpEpochs,
  dumpOffsetIndex,
  dumpPartitionMetadata,
  dumpProducerSnapshot,
  dumpSegment,
  dumpTimeIndex,
  dumpTransactionIndex,
} from '@tidelog/log';
import { decodeRecord, MetadataRecordError } from '@tidelog/metadata';
import { ProtocolError } from '@tidelog/protocol';
import type { Command } from 'commander';
import { LineOutput } from '../support/line-output.ts';
import { Progress } from '../support/progress.ts';
import { batchLine, recordLine, recordValue, type Decoder } from '../support/record-text.ts';

interface Flags {
  readonly files: string;
  readonly deepIteration?: boolean;
  readonly printDataLog?: boolean;
  readonly indexSanityCheck?: boolean;
  readonly verifyIndexOnly?: boolean;
  readonly skipRecordMetadata?: boolean;
  readonly clusterMetadataDecoder?: boolean;
  readonly maxBytes: string;
  readonly json?: boolean;
}

interface Dump {
  readonly disk: Disk;
  readonly flags: Flags;
  readonly output: LineOutput;
  /** What was found wrong, over all files. */
  readonly problems: string[];
}

const metadataDirectory = '__cluster_metadata-0';

export function addDumpLog(program: Command): void {
  program
    .command('dump-log')
    .description('print and check the files of a log: segments, indexes, producer snapshots, checkpoints')
    .requiredOption('--files <path,...>', 'the files, separated by commas; a directory means all files in it')
    .option('--deep-iteration', 'look into the batches: decompress, walk and count their records')
    .option('--print-data-log', 'print keys and values too (implies --deep-iteration)')
    .option('--cluster-metadata-decoder', `decode metadata records (set by itself under ${metadataDirectory})`)
    .option('--skip-record-metadata', 'print of each record its key and value only')
    .option('--index-sanity-check', 'check the indexes themselves, without printing them or reading the log')
    .option('--verify-index-only', 'check the indexes against the log without printing them')
    .option('--max-bytes <n>', 'read so much of each log file', String(Number.MAX_SAFE_INTEGER))
    .option('--json', 'print one JSON object per line: batches, records and entries, then a summary of each file')
    .addHelpText(
      'after',
      '\nExample:\n  tidelog dump-log --deep-iteration --files data/orders-0/00000000000000000000.log',
    )
    .action(run);
}

async function run(flags: Flags): Promise<void> {
  const dump: Dump = { disk: createNodeWorld().disk, flags, output: new LineOutput(), problems: [] };
  for (const path of filesOf(dump.disk, flags.files)) {
    const before = dump.problems.length;
    if (flags.json !== true) dump.output.line(`Dumping ${path}`);
    const summary = await dumpFile(dump, path);
    const problems = dump.problems.slice(before);
    if (flags.json === true) print(dump, { type: 'summary', file: path, ...summary, problems });
    else if (summary !== undefined) dump.output.line(summaryLine(summary));
    await dump.output.flush({ all: true });
    for (const problem of problems) console.error(`${path}: ${problem}`);
  }
  if (dump.problems.length > 0) process.exitCode = 1;
}

type Summary = Readonly<Record<string, number | string | undefined>>;

async function dumpFile(dump: Dump, path: string): Promise<Summary | undefined> {
  const name = basename(path);
  if (/\.(log|checkpoint)$/.test(name) && /^\d{20}/.test(name)) return await dumpBatches(dump, path);
  if (name.endsWith('.index') || name.endsWith('.timeindex')) return dumpIndex(dump, path);
  const entries = entriesOf(dump.disk, path, name);
  if (entries === undefined) {
    dump.problems.push('its content is damaged');
    return undefined;
  }
  for (const entry of entries) print(dump, entry);
  return { entries: entries.length };
}

function entriesOf(disk: Disk, path: string, name: string): readonly object[] | undefined {
  if (name.endsWith('.txnindex')) return dumpTransactionIndex(disk, path);
  if (name.endsWith('.snapshot')) return dumpProducerSnapshot(disk, path);
  if (name === 'leader-epoch-checkpoint') return dumpEpochs(disk, path);
  if (name === 'partition.metadata') {
    const topicId = dumpPartitionMetadata(disk, path);
    return topicId === undefined ? undefined : [{ topicId }];
  }
  throw new Error(`${path} is none of the files of a log: its name says what it holds, and must be kept`);
}

function dumpIndex(dump: Dump, path: string): Summary {
  const { disk, flags, problems } = dump;
  const options = { indexSanityCheck: flags.indexSanityCheck === true };
  const found = path.endsWith('.timeindex') ? dumpTimeIndex(disk, path, options) : dumpOffsetIndex(disk, path, options);
  const quiet = flags.indexSanityCheck === true || flags.verifyIndexOnly === true;
  if (!quiet) for (const entry of found.entries) print(dump, entry);
  problems.push(...found.problems);
  return { entries: found.entries.length };
}

async function dumpBatches(dump: Dump, path: string): Promise<Summary> {
  const { disk, flags, output, problems } = dump;
  const deepIteration = flags.deepIteration === true || isPrinting(flags);
  const decoder = decoderFor(flags, path);
  const maxBytes = Number(flags.maxBytes);
  const segment = dumpSegment(disk, path, { deepIteration, maxBytes });
  if (flags.json !== true) output.line(`Log starting offset: ${segment.startingOffset}`);
  const progress = new Progress(basename(path), Math.min(disk.stat(path)?.size ?? 0, maxBytes));
  const count = { batches: 0, records: 0 };
  let end = 0;
  try {
    for (const batch of segment.batches) {
      const { header, position, isValid, records } = batch;
      end = position + header.sizeInBytes;
      count.batches++;
      count.records += deepIteration && isValid ? records.length : header.recordCount;
      if (!isValid) problems.push(`the batch of offset ${header.baseOffset} at byte ${position}: wrong checksum`);
      if (flags.json === true) print(dump, { type: 'batch', position, isValid, ...batchValue(header) });
      else if (flags.skipRecordMetadata !== true) output.line(batchLine(batch));
      if (isPrinting(flags)) printRecords(dump, batch, decoder);
      await output.flush({ all: false });
      progress.at(end);
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    problems.push(`the batch at byte ${end} cannot be read: ${error.message}`);
  }
  progress.end();
  const trailing = segment.trailingBytes();
  if (trailing > 0 && end + trailing < maxBytes)
    problems.push(`${trailing} bytes from byte ${end} on are no whole batch`);
  return { ...count, bytes: end };
}

function printRecords(dump: Dump, batch: Parameters<typeof recordLine>[0], decoder: Decoder | undefined): void {
  const { flags, output } = dump;
  for (const record of batch.records) {
    if (flags.json === true) print(dump, { type: 'record', ...recordValue(batch, record, decoder) });
    else if (flags.skipRecordMetadata !== true) output.line(recordLine(batch, record, decoder));
    else if (!batch.header.isControl)
      output.line(recordLine(batch, record, decoder).replace(/^.*headerKeys: \[[^\]]*\] /, ''));
  }
}

/** The header's fields, which are getters in part. */
function batchValue(header: Parameters<typeof recordLine>[0]['header']): object {
  const { baseOffset, lastOffset, recordCount, producerId, producerEpoch, baseSequence, lastSequence } = header;
  const { partitionLeaderEpoch, isTransactional, isControl, maxTimestamp, sizeInBytes, codec, crc } = header;
  return {
    baseOffset,
    lastOffset,
    recordCount,
    producerId,
    producerEpoch,
    baseSequence,
    lastSequence,
    partitionLeaderEpoch,
    isTransactional,
    isControl,
    maxTimestamp,
    sizeInBytes,
    codec,
    crc,
  };
}

function print({ flags, output }: Dump, value: object): void {
  if (flags.json === true) output.line(JSON.stringify(value));
  else
    output.line(
      Object.entries(value)
        .map(([name, field]) => `${name}: ${fieldText(field)}`)
        .join(' '),
    );
}

function fieldText(field: unknown): string {
  return typeof field === 'string' ? field : JSON.stringify(field);
}

function summaryLine(summary: Summary): string {
  const parts = Object.entries(summary).map(([name, value]) => `${value} ${name}`);
  return `${parts.join(', ')}.`;
}

/** As in Kafka, a decoder asks for printing; that of the metadata directory, which nobody asked for, does not. */
function isPrinting(flags: Flags): boolean {
  return flags.printDataLog === true || flags.clusterMetadataDecoder === true;
}

function decoderFor(flags: Flags, path: string): Decoder | undefined {
  const isMetadata = basename(dirname(path)) === metadataDirectory;
  return flags.clusterMetadataDecoder === true || isMetadata ? decodeMetadata : undefined;
}

function decodeMetadata(value: Buffer): unknown {
  try {
    return decodeRecord(value, Infinity);
  } catch (error) {
    if (!(error instanceof MetadataRecordError)) throw error;
    return { unreadable: error.message, bytes: value.toString('hex') };
  }
}

/** A directory stands for the files in it that can be dumped. */
function filesOf(disk: Disk, list: string): string[] {
  return list.split(',').flatMap((path) => {
    const stat = disk.stat(path);
    if (stat === undefined) throw new Error(`there is no file ${path}`);
    if (!stat.isDirectory) return [path];
    const names = disk
      .list(path)
      .filter(
        (name) =>
          /^\d{20}.*\.(log|index|timeindex|txnindex|snapshot|checkpoint)$/.test(name) ||
          name === 'leader-epoch-checkpoint',
      );
    return names.toSorted().map((name) => `${path}/${name}`);
  });
}
