/**
 * The words a message is declared with: one constructor per wire type, each returning a plain description.
 *
 *   string({ since: 8, nullable: true, default: null })   array({ index: int32(), ... })   struct({ ... }, { tag: 1 })
 *
 * Nothing is checked or compiled here, because about two thousand fields are declared while a broker starts. The
 * TypeScript types ride along: what a decoder returns (`Value`), what an encoder takes (`Input`) and whether an encoder
 * lets the field be left out (`Omittable`: it has a default, a tag or a version range), so every mapped type reads
 * three properties per field and infers nothing.
 */
import type { Chunks, Uuid } from '@tidelog/core';

export type Kind =
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint16'
  | 'uint32'
  | 'float64'
  | 'bool'
  | 'string'
  | 'uuid'
  | 'bytes'
  | 'records'
  | 'array'
  | 'struct';

export interface FieldOptions {
  /** The first version that carries the field; the message's first one if left out. */
  readonly since?: number;
  /** The last version that carries it. */
  readonly until?: number;
  /** Null is allowed in every version that carries the field. */
  readonly nullable?: true;
  /** Null is allowed from this version on. */
  readonly nullableSince?: number;
  /** What a decoder puts in, and an encoder takes, where the field is left out. Zero, '' or empty if not given. */
  readonly default?: number | boolean | string | null;
  /** Carried in the tagged section under this number, and only when it differs from its default. */
  readonly tag?: number;
  /** A version that cannot carry the field drops its value; without it the encoder of a request refuses. */
  readonly ignorable?: true;
  /** Keeps the pre-flexible encoding in flexible versions (the client id of the request header). */
  readonly neverFlexible?: true;
}

export interface Field<Value = unknown, Input = unknown, Omittable extends boolean = boolean> {
  readonly kind: Kind;
  readonly options: FieldOptions;
  readonly element: Field | undefined;
  readonly fields: Fields | undefined;
  /** Types only; never set. */
  readonly types: { readonly value: Value; readonly input: Input; readonly omittable: Omittable };
}

export interface Fields {
  readonly [name: string]: Field;
}

type NullOf<O> = O extends { nullable: true } | { nullableSince: number } ? null : never;
type OmittableOf<O> = O extends { default: unknown } | { tag: number } | { since: number } | { until: number }
  ? true
  : false;
type Scalar<T, O> = Field<T | NullOf<O>, T | NullOf<O>, OmittableOf<O>>;

type OmittableKeys<F extends Fields> = { [K in keyof F]: F[K]['types']['omittable'] extends true ? K : never }[keyof F];

/** What decoding these fields gives: every one of them, in every version. */
export type ValueOfFields<F extends Fields> = { -readonly [K in keyof F]: F[K]['types']['value'] };

/** What encoding these fields takes. */
export type InputOfFields<F extends Fields> = {
  readonly [K in Exclude<keyof F, OmittableKeys<F>>]: F[K]['types']['input'];
} & {
  readonly [K in OmittableKeys<F>]?: F[K]['types']['input'] | undefined;
};

const noOptions: FieldOptions = {};

function field<V, I, O extends boolean>(
  kind: Kind,
  options: FieldOptions | undefined,
  element?: Field,
  fields?: Fields,
): Field<V, I, O> {
  return { kind, options: options ?? noOptions, element, fields } as unknown as Field<V, I, O>;
}

export function int8<const O extends FieldOptions>(options?: O): Scalar<number, O> {
  return field('int8', options);
}

export function int16<const O extends FieldOptions>(options?: O): Scalar<number, O> {
  return field('int16', options);
}

export function int32<const O extends FieldOptions>(options?: O): Scalar<number, O> {
  return field('int32', options);
}

/** A number: exact up to 2^53 - 1, saturated beyond (see reader.ts). */
export function int64<const O extends FieldOptions>(options?: O): Scalar<number, O> {
  return field('int64', options);
}

export function uint16<const O extends FieldOptions>(options?: O): Scalar<number, O> {
  return field('uint16', options);
}

export function uint32<const O extends FieldOptions>(options?: O): Scalar<number, O> {
  return field('uint32', options);
}

export function float64<const O extends FieldOptions>(options?: O): Scalar<number, O> {
  return field('float64', options);
}

export function boolean<const O extends FieldOptions>(options?: O): Scalar<boolean, O> {
  return field('bool', options);
}

export function string<const O extends FieldOptions>(options?: O): Scalar<string, O> {
  return field('string', options);
}

/** 16 bytes on the wire, 22 characters of base64url in memory. */
export function uuid<const O extends FieldOptions>(options?: O): Scalar<Uuid, O> {
  return field('uuid', options);
}

/** Bytes that share the memory of the frame they came in. */
export function bytes<const O extends FieldOptions>(options?: O): Scalar<Buffer, O> {
  return field('bytes', options);
}

/** Record batches: opaque, never copied in either direction. */
export function records<const O extends FieldOptions>(options?: O): Scalar<Chunks, O> {
  return field('records', options);
}

/** One nested structure. */
export function struct<F extends Fields, const O extends FieldOptions>(
  fields: F,
  options?: O,
): Field<ValueOfFields<F> | NullOf<O>, InputOfFields<F> | NullOf<O>, OmittableOf<O>> {
  return field('struct', options, undefined, fields);
}

/** A list of scalars (`array(int32())`) or of structures (`array({ ... })`). */
export function array<E extends Field, const O extends FieldOptions>(
  element: E,
  options?: O,
): Field<E['types']['value'][] | NullOf<O>, readonly E['types']['input'][] | NullOf<O>, OmittableOf<O>>;
export function array<F extends Fields, const O extends FieldOptions>(
  fields: F,
  options?: O,
): Field<ValueOfFields<F>[] | NullOf<O>, readonly InputOfFields<F>[] | NullOf<O>, OmittableOf<O>>;
export function array(element: Field | Fields, options?: FieldOptions): Field {
  return isField(element)
    ? field('array', options, element)
    : field('array', options, field('struct', undefined, undefined, element));
}

function isField(element: Field | Fields): element is Field {
  return typeof element.kind === 'string';
}
