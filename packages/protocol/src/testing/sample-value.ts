/**
 * Values for every message and version, made from its plan and a seed: for golden bytes, round trips and fuzzing. A
 * value sets what the version carries and leaves the rest out; `plain` makes two values comparable whatever pieces they
 * are in.
 */
import { Chunks, must, SeededRandom, uuidFromBytes } from '@tidelog/core';
import { apis } from '../apis/all.ts';
import { defaultOf } from '../schema/codec.ts';
import type { Message } from '../schema/message.ts';
import { planMessage, type FieldPlan, type StructPlan, type ValuePlan } from '../schema/plan.ts';
import { dataMessages } from './data-messages.ts';

/** Every message there is: requests and responses by key, then the data messages. */
export function allMessages(): Message[] {
  return [...apis.flatMap((api) => [api.request, api.response]), ...dataMessages];
}

export function versionsOf({ versions: { min, max } }: Message): number[] {
  return Array.from({ length: max - min + 1 }, (_, i) => min + i);
}

export function planOf(message: Message, version: number): StructPlan {
  return planMessage(message.name, message.declaration, version).root;
}

/** A value for one version of a message, the same one for the same seed. */
export function sampleValue(message: Message, version: number, seed: number): Record<string, unknown> {
  let hash = seed;
  for (const character of `${message.name} ${version}`)
    hash = (Math.imul(hash, 31) + must(character.codePointAt(0))) | 0;
  return sampleStruct(planOf(message, version), new SeededRandom(hash));
}

function sampleStruct(struct: StructPlan, random: SeededRandom): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const field of struct.fields) {
    if (!field.present || (field.omittable && random.below(4) === 0)) continue;
    value[field.name] = sample(field, random);
  }
  return value;
}

function sample(value: ValuePlan, random: SeededRandom): unknown {
  if (value.nullable && random.below(4) === 0) return null;
  if (value.struct !== undefined) return sampleStruct(value.struct, random);
  const { element } = value;
  if (element !== undefined) return Array.from({ length: random.below(4) }, () => sample(element, random));
  return sampleScalar(value.kind, random);
}

function sampleScalar(kind: ValuePlan['kind'], random: SeededRandom): unknown {
  switch (kind) {
    case 'bool':
      return random.below(2) === 1;
    case 'string':
      return sampleString(random);
    case 'uuid':
      return uuidFromBytes(random.bytes(16));
    case 'bytes':
      return random.bytes(sampleLength(random));
    case 'records':
      return Chunks.of(random.bytes(sampleLength(random)), random.bytes(3));
    case 'float64':
      return random.next() * 1e6;
    default:
      return sampleInteger(kind, random);
  }
}

function sampleString(random: SeededRandom): string {
  const words = [
    '',
    'a',
    'orders',
    'größe',
    '数据',
    '🦀',
    'x'.repeat(11),
    'y'.repeat(43),
    'é'.repeat(60),
    'z'.repeat(200),
  ];
  return must(words[random.below(words.length)]);
}

function sampleLength(random: SeededRandom): number {
  return random.below(20) === 0 ? 2000 : random.below(140);
}

function sampleInteger(kind: ValuePlan['kind'], random: SeededRandom): number {
  if (kind === 'int64') return sampleInt64(random);
  const bits = Number(/\d+$/.exec(kind)?.[0]);
  const low = kind.startsWith('u') ? 0 : -(2 ** (bits - 1));
  const high = low + 2 ** bits - 1;
  return must([low, high, 0, 1, Math.floor(low + random.next() * (high - low)), random.below(100)][random.below(6)]);
}

function sampleInt64(random: SeededRandom): number {
  const large = Math.floor(random.next() * Number.MAX_SAFE_INTEGER);
  const some = [0, -1, -2, 2 ** 31, -(2 ** 31) - 1, 2 ** 32, large, -large, Number.MAX_SAFE_INTEGER, 1_700_000_000_000];
  return must(some[random.below(some.length)]);
}

/** What decoding a value gives: every field, the absent ones with their defaults. */
export function completed(struct: StructPlan, value: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const field of struct.fields) {
    const given = value[field.name];
    out[field.name] = given === undefined ? defaultOf(field) : completedField(field, given);
  }
  return out;
}

function completedField(field: FieldPlan, given: unknown): unknown {
  const struct = field.struct ?? field.element?.struct;
  if (given === null || struct === undefined) return given;
  if (!Array.isArray(given)) return completed(struct, given as Record<string, unknown>);
  return given.map((element) => completed(struct, element as Record<string, unknown>));
}

/** The value with bytes as text. */
export function plain(value: unknown): unknown {
  if (value instanceof Chunks) return `bytes ${value.toBuffer().toString('hex')}`;
  if (Buffer.isBuffer(value)) return `bytes ${value.toString('hex')}`;
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}
