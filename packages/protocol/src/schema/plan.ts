/**
 * What one version of a message looks like, worked out from its declaration: which fields are there, which may be null,
 * how each is encoded, what an absent one reads as. Both codecs are made from a plan and from nothing else, and this is
 * where a wrong declaration is refused: a name that is not an identifier, a tag used twice or outside a flexible
 * version.
 */
import { assert, Chunks, zeroUuid } from '@tidelog/core';
import type { Field, Fields, Kind } from './field.ts';
import type { MessageDeclaration } from './message.ts';

export interface ValuePlan {
  readonly kind: Kind;
  readonly nullable: boolean;
  /** Lengths as unsigned varints (n + 1), 0 for null. */
  readonly compact: boolean;
  readonly element: ValuePlan | undefined;
  readonly struct: StructPlan | undefined;
  /** The least bytes one value takes on the wire. */
  readonly minSize: number;
  /** About how many bytes of heap a decoded value takes, elements of arrays not counted. */
  readonly weight: number;
}

export interface FieldPlan extends ValuePlan {
  readonly name: string;
  /** This version carries it. */
  readonly present: boolean;
  /** -1 where it is not in the tagged section. */
  readonly tag: number;
  /** An encoder may be given no value and takes the default. */
  readonly omittable: boolean;
  /** The encoder refuses a value other than the default although this version does not carry it. */
  readonly refuses: boolean;
  /** A fresh one per use where it is `undefined`: an empty array or a structure of defaults. */
  readonly default: number | boolean | string | null | Buffer | Chunks | undefined;
}

export interface StructPlan {
  /** Unique within the plan: generated functions are named after it. */
  readonly id: number;
  /** Every field of every version, in the order of declaration. */
  readonly fields: readonly FieldPlan[];
  /** Those that this version carries in the tagged section, by rising tag. */
  readonly tagged: readonly FieldPlan[];
  readonly flexible: boolean;
}

export interface MessagePlan {
  readonly name: string;
  readonly version: number;
  readonly root: StructPlan;
}

const emptyBytes = Buffer.alloc(0);
const identifier = /^[a-z][A-Za-z0-9]*$/;

const fixedSize: Partial<Record<Kind, number>> = {
  int8: 1,
  bool: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  float64: 8,
  uuid: 16,
};

/** Measured on 64-bit V8 without pointer compression, rounded: the field's own slot and what it points to. */
const heapWeight: Record<Kind, number> = {
  int8: 8,
  int16: 8,
  int32: 8,
  uint16: 8,
  uint32: 8,
  bool: 8,
  int64: 24,
  float64: 24,
  string: 32,
  uuid: 48,
  bytes: 104,
  records: 160,
  array: 40,
  struct: 32,
};

export function planMessage(name: string, declaration: MessageDeclaration, version: number): MessagePlan {
  return { name, version, root: new Planner(name, declaration, version).struct(declaration.fields) };
}

class Planner {
  readonly #name: string;
  readonly #version: number;
  readonly #flexible: boolean;
  readonly #strict: boolean;
  #structs = 0;

  constructor(name: string, declaration: MessageDeclaration, version: number) {
    this.#name = name;
    this.#version = version;
    this.#flexible = version >= declaration.flexibleSince;
    this.#strict = declaration.strict === true;
  }

  struct(fields: Fields): StructPlan {
    const id = this.#structs++;
    const plans = Object.entries(fields).map(([name, field]) => this.#field(name, field));
    const tagged = plans.filter((field) => field.present && field.tag >= 0).sort((a, b) => a.tag - b.tag);
    for (let i = 1; i < tagged.length; i++) {
      assert(tagged[i]?.tag !== tagged[i - 1]?.tag, `${this.#name}: tag ${tagged[i]?.tag} is used twice`);
    }
    return { id, fields: plans, tagged, flexible: this.#flexible };
  }

  #field(name: string, field: Field): FieldPlan {
    const { since = 0, until = Infinity, tag = -1, ignorable, default: fallback } = field.options;
    assert(identifier.test(name) && name !== '__proto__', `${this.#name}: ${JSON.stringify(name)} is no field name`);
    const present = this.#version >= since && this.#version <= until;
    assert(!present || tag < 0 || this.#flexible, `${this.#name}: tagged ${name} in version ${this.#version}`);
    const value = this.#value(field);
    return {
      ...value,
      name,
      present,
      tag,
      omittable: tag >= 0 || fallback !== undefined || 'since' in field.options || 'until' in field.options,
      refuses: !present && this.#strict && ignorable !== true,
      default: fallback === undefined ? implicitDefault(field.kind, value.nullable) : fallback,
    };
  }

  #value(field: Field): ValuePlan {
    const { nullable, nullableSince = Infinity, neverFlexible } = field.options;
    const compact = this.#flexible && neverFlexible !== true;
    const canBeNull = nullable === true || this.#version >= nullableSince;
    const element = field.element === undefined ? undefined : this.#value(field.element);
    const struct = field.fields === undefined ? undefined : this.struct(field.fields);
    const ownSize = struct === undefined ? lengthSize(field.kind, compact) : structSize(struct);
    return {
      kind: field.kind,
      nullable: canBeNull,
      compact,
      element,
      struct,
      minSize: fixedSize[field.kind] ?? (struct !== undefined && canBeNull ? 1 : ownSize),
      weight: heapWeight[field.kind] + (struct === undefined ? 0 : structWeight(struct)),
    };
  }
}

function implicitDefault(kind: Kind, nullable: boolean): FieldPlan['default'] {
  switch (kind) {
    case 'bool':
      return false;
    case 'string':
      return '';
    case 'uuid':
      return zeroUuid;
    case 'bytes':
      return emptyBytes;
    case 'records':
      return nullable ? null : Chunks.empty;
    case 'array':
    case 'struct':
      return undefined;
    default:
      return 0;
  }
}

/** The bytes of an empty string, list or byte sequence. */
function lengthSize(kind: Kind, compact: boolean): number {
  if (compact) return 1;
  return kind === 'string' ? 2 : 4;
}

function structSize(struct: StructPlan): number {
  let size = struct.flexible ? 1 : 0;
  for (const field of struct.fields) if (field.present && field.tag < 0) size += field.minSize;
  return size;
}

function structWeight(struct: StructPlan): number {
  let weight = 0;
  for (const field of struct.fields) weight += allocates(field) ? field.weight : 8;
  return weight;
}

/** Whether decoding makes something for the field even where the sender left it out. */
function allocates(field: FieldPlan): boolean {
  if (!field.present || field.tag >= 0) return field.default === undefined;
  return true;
}
