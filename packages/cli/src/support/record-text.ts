/**
 * A batch and its records as Kafka's DumpLogSegments words them, so that scripts which read its output read ours. Keys
 * and values are text; whatever a terminal would act on is escaped.
 */
import { readControlMessage, readControlRecord, readEndTxnMarker, type Record } from '@tidelog/protocol';
import type { DumpedBatch } from '@tidelog/log';

export type Decoder = (value: Buffer) => unknown;

export function batchLine({ header, position, isValid }: DumpedBatch): string {
  const { baseOffset, lastOffset, recordCount, baseSequence, lastSequence, producerId, producerEpoch } = header;
  const horizon = header.hasDeleteHorizon ? `OptionalLong[${header.baseTimestamp}]` : 'OptionalLong.empty';
  return (
    `baseOffset: ${baseOffset} lastOffset: ${lastOffset} count: ${recordCount} baseSequence: ${baseSequence} ` +
    `lastSequence: ${lastSequence} producerId: ${producerId} producerEpoch: ${producerEpoch} ` +
    `partitionLeaderEpoch: ${header.partitionLeaderEpoch} isTransactional: ${header.isTransactional} ` +
    `isControl: ${header.isControl} deleteHorizonMs: ${horizon} position: ${position} ` +
    `${header.timestampType}: ${header.maxTimestamp} size: ${header.sizeInBytes} magic: ${header.magic} ` +
    `compresscodec: ${header.codec} crc: ${header.crc} isvalid: ${isValid}`
  );
}

export function recordLine({ header }: DumpedBatch, record: Record, decoder: Decoder | undefined): string {
  const { offset, timestamp, key, value, headers } = record;
  const names = headers.map((one) => escaped(one.key.toString('utf8'))).join(',');
  const sequence = header.baseSequence < 0 ? '' : ` sequence: ${sequenceOf(header, offset)}`;
  const shape =
    `| offset: ${offset} ${header.timestampType}: ${timestamp} keySize: ${key?.length ?? -1} ` +
    `valueSize: ${value?.length ?? -1}${sequence} headerKeys: [${names}]`;
  if (header.isControl) return `${shape} ${controlText(record)}`;
  if (decoder !== undefined && value !== null) return `${shape} payload: ${JSON.stringify(decoder(value))}`;
  return shape + (key === null ? '' : ` key: ${text(key)}`) + (value === null ? '' : ` payload: ${text(value)}`);
}

/** The same for programs. */
export function recordValue({ header }: DumpedBatch, record: Record, decoder: Decoder | undefined): object {
  const { offset, timestamp, key, value, headers } = record;
  const decoded = decoder === undefined || value === null || header.isControl ? undefined : decoder(value);
  return {
    offset,
    timestamp,
    key: key?.toString('utf8') ?? null,
    ...(decoded === undefined ? { value: value?.toString('utf8') ?? null } : { value: decoded }),
    headers: headers.map((one) => ({ key: one.key.toString('utf8'), value: one.value?.toString('utf8') ?? null })),
    ...(header.isControl ? { control: controlText(record) } : {}),
  };
}

function sequenceOf(header: DumpedBatch['header'], offset: number): number {
  return (header.baseSequence + (offset - header.baseOffset)) % 0x8000_0000;
}

function controlText({ key, value }: Record): string {
  const control = readControlRecord(key);
  if (control === undefined) return 'control record without a type';
  switch (control.name) {
    case 'ABORT':
    case 'COMMIT':
      return markerText(control.name, value);
    case 'UNKNOWN':
      return `control record of type ${control.type}`;
    default:
      return `${control.name} ${JSON.stringify(readControlMessage(control.name, value))}`;
  }
}

function markerText(name: string, value: Buffer | null): string {
  const epoch = readEndTxnMarker(value)?.coordinatorEpoch;
  return `endTxnMarker: ${name} coordinatorEpoch: ${epoch ?? 'unreadable'}`;
}

function text(bytes: Buffer): string {
  return escaped(bytes.toString('utf8'));
}

function escaped(value: string): string {
  // eslint-disable-next-line no-control-regex
  return value.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
}
