/**
 * Kafka's own message definitions, read from a directory of JSON files that is not part of the repository, and
 * flattened to one line per message, version and field. The declarations are flattened the same way; what differs is
 * wrong.
 */
import { isDefault } from '../schema/codec.ts';
import type { Message } from '../schema/message.ts';
import type { FieldPlan, StructPlan, ValuePlan } from '../schema/plan.ts';
import { planOf, versionsOf } from './sample-value.ts';

interface ReferenceField {
  readonly name: string;
  readonly type: string;
  readonly versions?: string;
  readonly nullableVersions?: string;
  readonly taggedVersions?: string;
  readonly flexibleVersions?: string;
  readonly tag?: number;
  readonly default?: string | number | boolean | null;
  readonly fields?: readonly ReferenceField[];
}

export interface ReferenceMessage {
  readonly name: string;
  readonly apiKey?: number;
  readonly validVersions: string;
  readonly flexibleVersions?: string;
  readonly fields?: readonly ReferenceField[];
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly ReferenceField[] }[];
}

/** `<field path> <type> [nullable] [tag n] [flexible] [default]`, one line per field of a version. */
export function referenceLines(message: ReferenceMessage, version: number): string[] {
  const flexible = within(message.flexibleVersions, version);
  const structs = new Map(message.commonStructs?.map(({ name, fields }) => [name, fields]));
  collectStructs(message.fields ?? [], structs);
  const lines: string[] = [];
  const walk = (fields: readonly ReferenceField[], path: string): void => {
    for (const field of fields) {
      if (!within(field.versions ?? field.taggedVersions, version)) continue;
      const name = `${path}${field.name.charAt(0).toLowerCase()}${field.name.slice(1)}`;
      const type = field.type.replace(/[A-Z]\w*/, 'struct');
      const nullable = within(field.nullableVersions, version) ? ' nullable' : '';
      const tag = within(field.taggedVersions, version) ? ` tag ${field.tag}` : '';
      const compact = flexible && field.flexibleVersions !== 'none' ? ' flexible' : '';
      lines.push(`${name} ${type}${nullable}${tag}${compact} = ${referenceDefault(field)}`);
      walk(field.fields ?? structs.get(field.type.replace('[]', '')) ?? [], `${name}.`);
    }
  };
  walk(message.fields ?? [], '');
  return lines;
}

function collectStructs(fields: readonly ReferenceField[], into: Map<string, readonly ReferenceField[]>): void {
  for (const field of fields) {
    if (field.fields === undefined) continue;
    into.set(field.type.replace('[]', ''), field.fields);
    collectStructs(field.fields, into);
  }
}

/** The same lines from a declaration. */
export function declaredLines(message: Message, version: number): string[] {
  const lines: string[] = [];
  const walk = (struct: StructPlan, path: string): void => {
    for (const field of struct.fields) {
      if (!field.present) continue;
      const name = `${path}${field.name}`;
      const nullable = field.nullable ? ' nullable' : '';
      const tag = field.tag >= 0 ? ` tag ${field.tag}` : '';
      const flexible = field.compact ? ' flexible' : '';
      lines.push(`${name} ${typeOf(field)}${nullable}${tag}${flexible} = ${declaredDefault(field)}`);
      const nested = field.struct ?? field.element?.struct;
      if (nested !== undefined) walk(nested, `${name}.`);
    }
  };
  walk(planOf(message, version), '');
  return lines;
}

/** How many versions and fields were compared, and every line that only one side has. */
export function compareWithReference(message: Message, reference: ReferenceMessage | undefined): string[] {
  if (reference === undefined) return [`${message.name}: not in the reference`];
  const { min, max } = message.versions;
  const range = min === max ? `${min}` : `${min}-${max}`;
  if (reference.validVersions !== range) return [`${message.name}: versions ${range}, not ${reference.validVersions}`];
  return versionsOf(message).flatMap((version) => {
    const expected = referenceLines(reference, version);
    const declared = declaredLines(message, version);
    const missing = expected.filter((line, i) => declared[i] !== line);
    const extra = declared.filter((line, i) => expected[i] !== line);
    return [...missing.map((line) => `- ${line}`), ...extra.map((line) => `+ ${line}`)].map(
      (line) => `${message.name} v${version} ${line}`,
    );
  });
}

function within(range: string | undefined, version: number): boolean {
  if (range === undefined || range === 'none') return false;
  const [first, last] = range.replace('+', '-Infinity').split('-');
  return version >= Number(first) && version <= Number(last ?? first);
}

function typeOf(value: ValuePlan): string {
  return value.element === undefined ? value.kind : `[]${typeOf(value.element)}`;
}

function referenceDefault(field: ReferenceField): string {
  const given = field.default;
  if (given === null || given === 'null') return 'null';
  if (given === undefined) return 'nothing';
  if (field.type === 'string') return given === '' ? 'nothing' : JSON.stringify(given);
  if (field.type === 'bool') return String(given) === 'true' ? 'true' : 'nothing';
  const saturated = Math.min(Number(given), Number.MAX_SAFE_INTEGER);
  return saturated === 0 ? 'nothing' : String(saturated);
}

const nothing = { int: 0, bool: false, string: '' };

function declaredDefault(field: FieldPlan): string {
  const implicit = [...Object.values(nothing), undefined].some((value) => value === field.default);
  if (implicit || field.kind === 'uuid') return 'nothing';
  if (field.kind === 'records') return 'nothing';
  if (field.kind === 'bytes' && field.default !== null && isDefault(field, Buffer.alloc(0))) return 'nothing';
  return JSON.stringify(field.default);
}
