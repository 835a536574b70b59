/**
 * The fields of a protobuf message as values: how one is written, read and called in metadata.proto. A message's table
 * of them is checked by the compiler against its TypeScript interface, and by a test against the .proto file.
 *
 * proto3 rules: a field at its default is not written, a repeated number is packed (and read either way), `optional`
 * means that absence is told from the default. Lists whose absence has a meaning are wrapped in a message of their own.
 */
import { assert, zeroUuid, type Uuid } from '@tidelog/core';
import type { Reader, Writer } from 'protobufjs/dist/minimal/protobuf.min.js';
import { readUuid, writeUuid } from './wire-uuid.ts';

export interface Field<T> {
  readonly number: number;
  /** As the .proto file declares it, such as `repeated int32`. */
  readonly declared: string;
  /** What the field is when it was not on the wire; undefined leaves the property out. */
  absent(): T | undefined;
  /** Writes tag and value, or nothing when the value is what absence stands for. */
  write(writer: Writer, value: T): void;
  /** Reads one occurrence; `previous` is what was read of the field before. Undefined: a wire type of another field. */
  read(reader: Reader, wireType: number, previous: T | undefined): T | undefined;
}

const varint = 0;
const fixed64 = 1;
const delimited = 2;

interface Scalar<T> {
  readonly name: string;
  readonly wireType: number;
  readonly zero: T;
  write(writer: Writer, value: T): void;
  read(reader: Reader): T;
}

const scalars = {
  bool: {
    name: 'bool',
    wireType: varint,
    zero: false,
    write: (writer, value) => void writer.bool(value),
    read: (reader) => reader.bool(),
  } satisfies Scalar<boolean>,
  int32: {
    name: 'int32',
    wireType: varint,
    zero: 0,
    write: (writer, value) => void writer.int32(checkInt32(value)),
    read: (reader) => reader.int32(),
  } satisfies Scalar<number>,
  sint32: {
    name: 'sint32',
    wireType: varint,
    zero: 0,
    write: (writer, value) => void writer.sint32(checkInt32(value)),
    read: (reader) => reader.sint32(),
  } satisfies Scalar<number>,
  sint64: {
    name: 'sint64',
    wireType: varint,
    zero: 0,
    write: (writer, value) => void writer.sint64(checkSafe(value)),
    read: (reader) => checkSafe(Number(reader.sint64())),
  } satisfies Scalar<number>,
  double: {
    name: 'double',
    wireType: fixed64,
    zero: 0,
    write: (writer, value) => void writer.double(value),
    read: (reader) => reader.double(),
  } satisfies Scalar<number>,
  string: {
    name: 'string',
    wireType: delimited,
    zero: '',
    write: (writer, value) => void writer.string(value),
    read: (reader) => reader.string(),
  } satisfies Scalar<string>,
  bytes: {
    name: 'bytes',
    wireType: delimited,
    zero: Buffer.alloc(0),
    write: (writer, value) => void writer.bytes(value),
    read: (reader) => Buffer.from(reader.bytes()),
  } satisfies Scalar<Buffer>,
  uuid: {
    name: 'bytes',
    wireType: delimited,
    zero: zeroUuid,
    write: writeUuid,
    read: readUuid,
  } satisfies Scalar<Uuid>,
} as const;

function checkInt32(value: number): number {
  assert(value === (value | 0), () => `${value} is not an int32`);
  return value;
}

function checkSafe(value: number): number {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is beyond 2^53`);
  return value;
}

/** Equal to what absence stands for; bytes are, when empty. */
function isZero<T>(scalar: Scalar<T>, value: T): boolean {
  return value === scalar.zero || (Buffer.isBuffer(value) && value.length === 0);
}

function plain<T>(scalar: Scalar<T>, number: number): Field<T> {
  const tag = (number << 3) | scalar.wireType;
  return {
    number,
    declared: scalar.name,
    absent: () => scalar.zero,
    write(writer, value) {
      // Negative zero is a double of its own and must survive.
      if (isZero(scalar, value) && !Object.is(value, -0)) return;
      writer.uint32(tag);
      scalar.write(writer, value);
    },
    read: (reader, wireType) => (wireType === scalar.wireType ? scalar.read(reader) : undefined),
  };
}

/** Left out of the object when it is not on the wire. */
function optional<T>(scalar: Scalar<T>, number: number): Field<T> {
  const tag = (number << 3) | scalar.wireType;
  return {
    number,
    declared: `optional ${scalar.name}`,
    absent: () => undefined,
    write(writer, value) {
      writer.uint32(tag);
      scalar.write(writer, value);
    },
    read: (reader, wireType) => (wireType === scalar.wireType ? scalar.read(reader) : undefined),
  };
}

/** Null when it is not on the wire. */
function nullable<T>(scalar: Scalar<T>, number: number): Field<T | null> {
  const inner = optional(scalar, number);
  return {
    number,
    declared: inner.declared,
    absent: () => null,
    write: (writer, value) => (value === null ? undefined : inner.write(writer, value)),
    read: (reader, wireType) => inner.read(reader, wireType, undefined),
  };
}

/** Every list that is not on the wire: most lists of a partition are empty. */
const nothing: readonly never[] = [];

function repeated<T>(scalar: Scalar<T>, number: number): Field<readonly T[]> {
  const packed = scalar.wireType !== delimited;
  return {
    number,
    declared: `repeated ${scalar.name}`,
    absent: () => nothing,
    write(writer, values) {
      if (values.length === 0) return;
      if (packed) writer.uint32((number << 3) | delimited).fork();
      for (const value of values) {
        if (!packed) writer.uint32((number << 3) | delimited);
        scalar.write(writer, value);
      }
      if (packed) writer.ldelim();
    },
    read(reader, wireType, previous) {
      // What was read before came from here: ours to extend.
      const out = previous === undefined || previous === nothing ? [] : (previous as T[]);
      if (wireType === scalar.wireType) {
        out.push(scalar.read(reader));
        return out;
      }
      if (!packed || wireType !== delimited) return undefined;
      const end = reader.uint32() + reader.pos;
      if (end > reader.len) throw new RangeError(`a list ends at ${end}, behind its message's end ${reader.len}`);
      while (reader.pos < end) out.push(scalar.read(reader));
      return out;
    },
  };
}

/** A list that may be absent: a message whose field 1 is the list. */
function wrapped<T>(name: string, scalar: Scalar<T>, number: number): Field<readonly T[]> {
  const inner = repeated(scalar, 1);
  return {
    number,
    declared: `optional ${name}`,
    absent: () => undefined,
    write(writer, values) {
      writer.uint32((number << 3) | delimited).fork();
      inner.write(writer, values);
      writer.ldelim();
    },
    read(reader, wireType) {
      if (wireType !== delimited) return undefined;
      const end = reader.uint32() + reader.pos;
      if (end > reader.len) throw new RangeError(`a list ends at ${end}, behind its message's end ${reader.len}`);
      let values: readonly T[] = nothing;
      while (reader.pos < end) {
        const tag = reader.uint32();
        const more = tag >>> 3 === 1 ? inner.read(reader, tag & 7, values) : undefined;
        if (more === undefined) reader.skipType(tag & 7, 0, tag >>> 3);
        else values = more;
      }
      return values;
    },
  };
}

export const bool = (number: number): Field<boolean> => plain(scalars.bool, number);
export const int32 = (number: number): Field<number> => plain(scalars.int32, number);
/** For numbers that may be -1. */
export const sint32 = (number: number): Field<number> => plain(scalars.sint32, number);
export const sint64 = (number: number): Field<number> => plain(scalars.sint64, number);
export const double = (number: number): Field<number> => plain(scalars.double, number);
export const string = (number: number): Field<string> => plain(scalars.string, number);
export const bytes = (number: number): Field<Buffer> => plain(scalars.bytes, number);
export const uuid = (number: number): Field<Uuid> => plain(scalars.uuid, number);
export const optionalBool = (number: number): Field<boolean> => optional(scalars.bool, number);
export const optionalSint32 = (number: number): Field<number> => optional(scalars.sint32, number);
export const nullableString = (number: number): Field<string | null> => nullable(scalars.string, number);
export const int32s = (number: number): Field<readonly number[]> => repeated(scalars.int32, number);
export const strings = (number: number): Field<readonly string[]> => repeated(scalars.string, number);
export const uuids = (number: number): Field<readonly Uuid[]> => repeated(scalars.uuid, number);
export const optionalInt32s = (number: number): Field<readonly number[]> => wrapped('Int32List', scalars.int32, number);
export const optionalUuids = (number: number): Field<readonly Uuid[]> => wrapped('UuidList', scalars.uuid, number);

/** The same bytes with values of a narrower type; `accept` refuses all others. */
export function narrowed<T extends number>(field: Field<number>, accept: (value: number) => value is T): Field<T> {
  const narrow = (value: number | undefined): T | undefined => {
    if (value === undefined) return undefined;
    if (!accept(value)) throw new RangeError(`field ${field.number} cannot be ${value}`);
    return value;
  };
  return {
    number: field.number,
    declared: field.declared,
    absent: () => narrow(field.absent()),
    write: (writer, value) => field.write(writer, value),
    read: (reader, wireType) => narrow(field.read(reader, wireType, undefined)),
  };
}
