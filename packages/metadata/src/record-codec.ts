/**
 * Metadata records to and from the protobuf bytes of metadata.proto. A record's value in the log is one envelope:
 *
 *   MetadataRecord { 1: required_level   10 + Kafka's record type: the record }
 *
 * A reader that is older than `required_level` refuses the record: going on without it would diverge. A record or field
 * that it does not know and that does not require it is kept as bytes, so that decoding and encoding loses nothing.
 */
import minimal, { type Writer } from 'protobufjs/dist/minimal/protobuf.min.js';
import type { AnyMetadataRecord, MetadataRecord, UnknownRecord } from './metadata-record.ts';
import { firstRecordField, recordSchemas, schemaByField } from './record-schema.ts';

/** The newest metadata.version whose records this build understands (4.3-IV0). */
export const supportedMetadataLevel = 30;

const requiredLevelTag = (1 << 3) | 0;

/** A value of the metadata log that cannot be read: broken bytes, or a record that needs a newer build. */
export class MetadataRecordError extends Error {
  override readonly name = 'MetadataRecordError';
  readonly code: 'corrupt' | 'upgradeRequired';

  constructor(code: 'corrupt' | 'upgradeRequired', message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const noBytes = new Uint8Array(0);
/** For all records, one after the other; what is finished is a copy. */
let idleWriter: Writer | undefined;

export function encodeRecord(record: AnyMetadataRecord): Buffer {
  // One that failed half-way is not used again.
  const writer = idleWriter ?? minimal.Writer.create();
  idleWriter = undefined;
  const bytes = writeRecord(writer, record).finish();
  idleWriter = writer.reset();
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes);
}

function writeRecord(writer: Writer, record: AnyMetadataRecord): Writer {
  if (record.requiredLevel !== undefined) writer.uint32(requiredLevelTag).uint32(record.requiredLevel);
  if (record.type === 'unknown') {
    if (record.fieldNumber > 0) writer.uint32((record.fieldNumber << 3) | 2).bytes(record.bytes);
  } else {
    const schema = recordSchemas[record.type];
    writer.uint32((schema.fieldNumber << 3) | 2).fork();
    schema.message.write(writer, record);
    writer.ldelim();
  }
  if (record.unknownEnvelopeFields !== undefined) writer.raw(record.unknownEnvelopeFields);
  return writer;
}

/**
 * Throws MetadataRecordError: `upgradeRequired` where the record requires a level above `supportedLevel`, `corrupt`
 * where the bytes are not an envelope.
 */
export function decodeRecord(bytes: Buffer, supportedLevel: number = supportedMetadataLevel): AnyMetadataRecord {
  const envelope = cutEnvelope(bytes);
  const { requiredLevel, fieldNumber, body, unknown } = envelope;
  if (requiredLevel !== undefined && requiredLevel > supportedLevel) {
    throw new MetadataRecordError(
      'upgradeRequired',
      `the metadata log has a record (field ${fieldNumber}) that readers must understand from metadata.version ` +
        `${requiredLevel} on; this node supports ${supportedLevel}. Upgrade Tidelog on this node.`,
    );
  }
  const extras = {
    ...(requiredLevel === undefined ? {} : { requiredLevel }),
    ...(unknown.length === 0 ? {} : { unknownEnvelopeFields: Buffer.concat(unknown) }),
  };
  const schema = schemaByField.get(fieldNumber);
  if (schema === undefined) {
    return { type: 'unknown', fieldNumber, bytes: Buffer.from(body), ...extras } satisfies UnknownRecord;
  }
  const seed = { type: schema.type, ...extras } as Partial<MetadataRecord>;
  return guarded(`the ${schema.type} record`, () => {
    const reader = minimal.Reader.create(body);
    return schema.message.read(reader, reader.len, seed);
  });
}

interface Envelope {
  requiredLevel: number | undefined;
  fieldNumber: number;
  body: Uint8Array;
  readonly unknown: Uint8Array[];
}

function cutEnvelope(bytes: Buffer): Envelope {
  return guarded('the envelope', () => {
    const reader = minimal.Reader.create(bytes);
    const out: Envelope = { requiredLevel: undefined, fieldNumber: 0, body: noBytes, unknown: [] };
    while (reader.pos < reader.len) {
      const start = reader.pos;
      const tag = reader.uint32();
      if (tag === requiredLevelTag) {
        out.requiredLevel = reader.uint32();
      } else if (tag >>> 3 >= firstRecordField && (tag & 7) === 2) {
        if (out.fieldNumber > 0) throw new RangeError(`fields ${out.fieldNumber} and ${tag >>> 3} in one envelope`);
        out.fieldNumber = tag >>> 3;
        out.body = reader.bytes();
      } else {
        reader.skipType(tag & 7, 0, tag >>> 3);
        out.unknown.push(bytes.subarray(start, reader.pos));
      }
    }
    return out;
  });
}

/** protobufjs throws plain errors at broken bytes; ours say what was being read. */
function guarded<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new MetadataRecordError('corrupt', `${what} of a metadata record is broken: ${why}`, { cause: error });
  }
}
