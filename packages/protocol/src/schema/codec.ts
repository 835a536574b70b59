/**
 * What both kinds of codec share: the shape of a codec, which method of the reader and the writer serves a field, what
 * an absent field reads as and when a value is its default.
 */
import { ErrorCode, ProtocolError } from '../errors.ts';
import type { FieldPlan, StructPlan, ValuePlan } from './plan.ts';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

export interface Codec {
  decode(reader: Reader): unknown;
  encode(writer: Writer, value: unknown): void;
}

/** A structure in memory, before anything is known about its fields. */
export type Struct = Record<string, unknown>;

const lengthPrefixed: ReadonlySet<string> = new Set(['string', 'bytes', 'records']);

/** The method, of the reader and of the writer, for a scalar; for a list that of its count. */
export function methodOf(value: ValuePlan): string {
  if (value.kind === 'array') return prefixed(value, 'Count');
  if (!lengthPrefixed.has(value.kind)) return value.kind;
  return prefixed(value, value.kind.charAt(0).toUpperCase() + value.kind.slice(1));
}

function prefixed({ compact, nullable }: ValuePlan, word: string): string {
  const name = `${compact ? 'Compact' : ''}${nullable ? 'Nullable' : ''}${word}`;
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** What a field that is not on the wire reads as. */
export function defaultOf(field: FieldPlan): unknown {
  if (field.default !== undefined) return field.default;
  return field.struct === undefined ? [] : defaultStruct(field.struct);
}

export function defaultStruct(struct: StructPlan): Struct {
  const value: Struct = {};
  for (const field of struct.fields) value[field.name] = defaultOf(field);
  return value;
}

/** Whether leaving a value out says the same. */
export function isDefault(field: FieldPlan, value: unknown): boolean {
  if (value === undefined || value === field.default) return true;
  if (value === null || field.default === null) return false;
  if (field.struct !== undefined) return isDefaultStruct(field.struct, value as Struct);
  if (field.kind === 'array' || field.kind === 'bytes') return (value as { length: number }).length === 0;
  return field.kind === 'records' && (value as { byteLength: number }).byteLength === 0;
}

function isDefaultStruct(struct: StructPlan, value: Struct): boolean {
  return struct.fields.every((field) => isDefault(field, value[field.name]));
}

/** Refuses a value of a field that this version does not carry. */
export function refuse(name: string): never {
  throw new ProtocolError(ErrorCode.UNSUPPORTED_VERSION, `${name} is set, but this version cannot carry it`);
}

/** Refuses what should be a structure. */
export function refuseStruct(value: unknown): never {
  throw new ProtocolError(ErrorCode.INVALID_REQUEST, `${String(value)} is not a structure`);
}
