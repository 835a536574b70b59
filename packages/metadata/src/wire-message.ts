/**
 * A protobuf message as a table of fields: writing and reading it, with the fields it does not know kept as they came.
 */
import type { Reader, Writer } from 'protobufjs/dist/minimal/protobuf.min.js';
import type { Field } from './wire-field.ts';

/** Properties that are not fields of the message itself. */
type Aside = 'type' | 'requiredLevel' | 'unknownFields' | 'unknownEnvelopeFields';

export type Fields<T> = { readonly [K in Exclude<keyof T, Aside>]-?: Field<Exclude<T[K], undefined>> };

export interface WireMessage<T> {
  /** As the .proto file calls it. */
  readonly name: string;
  readonly fields: Fields<T>;
  /** Writes the fields, without tag and length. */
  write(writer: Writer, value: T): void;
  /** Reads fields up to `end`. */
  read(reader: Reader, end: number, seed: Partial<T>): T;
}

/** What a table of any message looks like from inside the codec. */
type Untyped = Record<string, unknown>;

export function message<T extends { readonly unknownFields?: Buffer }>(
  name: string,
  fields: Fields<T>,
): WireMessage<T> {
  const entries = Object.entries<Field<unknown>>(fields);
  const byNumber: ([string, Field<unknown>] | undefined)[] = [];
  for (const entry of entries) byNumber[entry[1].number] = entry;

  const write = (writer: Writer, value: T): void => {
    const object = value as Untyped;
    for (const [key, field] of entries) {
      const property = object[key];
      if (property !== undefined) field.write(writer, property);
    }
    if (value.unknownFields !== undefined) writer.raw(value.unknownFields);
  };

  const read = (reader: Reader, end: number, seed: Partial<T>): T => {
    const object: Untyped = { ...seed };
    for (const [key, field] of entries) {
      const absent = field.absent();
      if (absent !== undefined) object[key] = absent;
    }
    const unknown: Uint8Array[] = [];
    while (reader.pos < end) {
      const start = reader.pos;
      const tag = reader.uint32();
      const entry = byNumber[tag >>> 3];
      const value = entry?.[1].read(reader, tag & 7, object[entry[0]]);
      if (entry !== undefined && value !== undefined) {
        object[entry[0]] = value;
        continue;
      }
      reader.skipType(tag & 7, 0, tag >>> 3);
      unknown.push(reader.buf.subarray(start, reader.pos));
    }
    if (reader.pos !== end) throw new RangeError(`${name} ends at ${end}, its last field at ${reader.pos}`);
    if (unknown.length > 0) object['unknownFields'] = Buffer.concat(unknown);
    return object as T;
  };
  return { name, fields, write, read };
}

/** A list of messages. */
export function messages<T>(number: number, of: WireMessage<T>): Field<readonly T[]> {
  const tag = (number << 3) | 2;
  return {
    number,
    declared: `repeated ${of.name}`,
    absent: () => [],
    write(writer, values) {
      for (const value of values) {
        writer.uint32(tag).fork();
        of.write(writer, value);
        writer.ldelim();
      }
    },
    read(reader, wireType, previous) {
      if (wireType !== 2) return undefined;
      const end = reader.uint32() + reader.pos;
      if (end > reader.len) throw new RangeError(`${of.name} ends at ${end}, behind its message's end ${reader.len}`);
      // What was read before came from absent() or from here: ours to extend.
      const out = (previous ?? []) as T[];
      out.push(of.read(reader, end, {}));
      return out;
    },
  };
}
