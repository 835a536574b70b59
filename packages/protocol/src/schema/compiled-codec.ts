/**
 * The codec that runs: straight-line JavaScript written from a plan and compiled once per message, version and
 * direction. Per structure `r0` reads, `w0` writes, `d0` makes defaults and `e0` compares with them; per list `ra0` and
 * `wa0`.
 *
 *   function r1(r) { const o = { errorCode: r.int16(), name: r.compactString() }; r.skipTags(); return o; }
 *
 * An object literal names every field of every version in the order of declaration, so a message has one shape whatever
 * its version. The plan is the only input: its names have been checked to be identifiers, its numbers are numbers, and
 * anything else reaches the code as a constant in `k`, never as text.
 */
import { Chunks } from '@tidelog/core';
import { methodOf, refuse, refuseStruct, type Codec } from './codec.ts';
import type { FieldPlan, MessagePlan, StructPlan, ValuePlan } from './plan.ts';

let allowed: boolean | undefined;

/** Whether this process may compile strings (`--disallow-code-generation-from-strings` forbids it). */
export function codeGenerationAllowed(): boolean {
  if (allowed === undefined) {
    try {
      allowed = typeof new Function('') === 'function';
    } catch {
      allowed = false;
    }
  }
  return allowed;
}

export function compiledCodec(plan: MessagePlan): Codec {
  let decode: Codec['decode'] | undefined;
  let encode: Codec['encode'] | undefined;
  return {
    decode: (reader) => (decode ??= compile((source) => source.reader(plan.root)) as Codec['decode'])(reader),
    encode: (writer, value) =>
      (encode ??= compile((source) => source.writer(plan.root)) as Codec['encode'])(writer, value),
  };
}

function compile(build: (source: Source) => string): unknown {
  const source = new Source();
  const entry = build(source);
  const body = `'use strict';\n${source.text}\nreturn ${entry};`;
  const make = new Function('k', 'refuse', 'refuseStruct', body) as (...context: unknown[]) => unknown;
  return make(source.constants, refuse, refuseStruct);
}

class Source {
  readonly constants: unknown[] = [];
  readonly #functions = new Map<string, string>();
  #lists = 0;

  get text(): string {
    return [...this.#functions.values()].join('\n');
  }

  reader(struct: StructPlan): string {
    return this.#define(`r${struct.id}`, 'r', () => {
      const inline = (field: FieldPlan): boolean => field.present && field.tag < 0;
      const literal = struct.fields.map((f) => `${f.name}: ${inline(f) ? this.#read(f) : this.#default(f)}`);
      const tags = struct.flexible ? this.#readTags(struct.tagged) : '';
      return `const o = { ${literal.join(', ')} };${tags} return o;`;
    });
  }

  #readTags(tagged: readonly FieldPlan[]): string {
    if (tagged.length === 0) return ' r.skipTags();';
    const cases = tagged.map((field) => `case ${field.tag}: o.${field.name} = ${this.#read(field)}; break;`);
    return ` for (let n = r.tagCount(); n > 0; n--) { const tag = r.uvarint(); const size = r.tagSize();
      const end = r.position + size; let known = true;
      switch (tag) { ${cases.join(' ')} default: known = false; } r.endTag(end, known); }`;
  }

  #read(value: ValuePlan): string {
    if (value.element !== undefined) return `${this.#listReader(value, value.element)}(r)`;
    if (value.struct === undefined) return `r.${methodOf(value)}()`;
    const call = `${this.reader(value.struct)}(r)`;
    return value.nullable ? `(r.hasStruct() ? ${call} : null)` : call;
  }

  #listReader(list: ValuePlan, element: ValuePlan): string {
    return this.#define(`ra${this.#lists++}`, 'r', () => {
      const count = `const n = r.${methodOf(list)}(${element.minSize}, ${element.weight + 8});`;
      const none = list.nullable ? ' if (n < 0) return null;' : '';
      if (element.kind === 'int32') return `${count}${none} return r.int32s(n);`;
      const loop = `for (let i = 0; i < n; i++) out.push(${this.#read(element)});`;
      return `${count}${none} const out = []; ${loop} return out;`;
    });
  }

  writer(struct: StructPlan): string {
    return this.#define(`w${struct.id}`, 'w, o', () => {
      const lines = [`if (o === null || typeof o !== 'object') refuseStruct(o);`];
      for (const field of struct.fields) {
        if (!field.present) lines.push(this.#refusal(field));
        else if (field.tag < 0) lines.push(this.#writeField(field));
      }
      if (struct.flexible) lines.push(this.#writeTags(struct.tagged));
      return lines.join('\n');
    });
  }

  #writeField(field: FieldPlan): string {
    if (!field.omittable) return this.#write(field, `o.${field.name}`);
    const value = `v === undefined ? ${this.#default(field)} : v`;
    return `{ let v = o.${field.name}; v = ${value}; ${this.#write(field, 'v')} }`;
  }

  #refusal(field: FieldPlan): string {
    if (!field.refuses) return '';
    const differs = `v !== undefined && v !== null && !(${this.#isDefault(field, 'v')})`;
    return `{ const v = o.${field.name}; if (${differs}) refuse(${JSON.stringify(field.name)}); }`;
  }

  #writeTags(tagged: readonly FieldPlan[]): string {
    if (tagged.length === 0) return 'w.uvarint(0);';
    const values = tagged.map((field, i) => `const t${i} = o.${field.name};`);
    const set = tagged.map((field, i) => `const s${i} = t${i} !== undefined && !(${this.#isDefault(field, `t${i}`)});`);
    const count = `w.uvarint(${tagged.map((_, i) => `(s${i} ? 1 : 0)`).join(' + ')});`;
    const writes = tagged.map(
      (field, i) => `if (s${i}) { const m = w.beginTag(${field.tag}); ${this.#write(field, `t${i}`)} w.endTag(m); }`,
    );
    return [...values, ...set, count, ...writes].join('\n');
  }

  /** A statement that writes the value of an expression without side effects. */
  #write(value: ValuePlan, expression: string): string {
    if (value.element !== undefined) return `${this.#listWriter(value, value.element)}(w, ${expression});`;
    if (value.struct === undefined) return `w.${methodOf(value)}(${expression});`;
    const call = `${this.writer(value.struct)}(w, ${expression});`;
    return value.nullable ? `if (w.hasStruct(${expression})) ${call}` : call;
  }

  #listWriter(list: ValuePlan, element: ValuePlan): string {
    return this.#define(`wa${this.#lists++}`, 'w, a', () => {
      const loop = `for (let i = 0; i < n; i++) { const v = a[i]; ${this.#write(element, 'v')} }`;
      return `const n = w.${methodOf(list)}(a); ${loop}`;
    });
  }

  #default(field: FieldPlan): string {
    const value = field.default;
    if (value === undefined) return field.struct === undefined ? '[]' : `${this.#defaults(field.struct)}()`;
    if (value instanceof Chunks || Buffer.isBuffer(value)) return `k[${this.constants.push(value) - 1}]`;
    return JSON.stringify(value);
  }

  #defaults(struct: StructPlan): string {
    return this.#define(`d${struct.id}`, '', () => {
      const literal = struct.fields.map((field) => `${field.name}: ${this.#default(field)}`);
      return `return { ${literal.join(', ')} };`;
    });
  }

  #isDefault(field: FieldPlan, expression: string): string {
    if (field.default === null) return `${expression} === null`;
    if (field.struct !== undefined) return `${expression} !== null && ${this.#comparison(field.struct)}(${expression})`;
    if (field.kind === 'array' || field.kind === 'bytes') return `${expression} !== null && ${expression}.length === 0`;
    if (field.kind === 'records') return `${expression} !== null && ${expression}.byteLength === 0`;
    return `${expression} === ${this.#default(field)}`;
  }

  #comparison(struct: StructPlan): string {
    return this.#define(`e${struct.id}`, 'o', () => {
      const terms = struct.fields.map(
        (field) => `(o.${field.name} === undefined || (${this.#isDefault(field, `o.${field.name}`)}))`,
      );
      return `return ${['true', ...terms].join(' && ')};`;
    });
  }

  #define(name: string, parameters: string, body: () => string): string {
    if (!this.#functions.has(name)) {
      this.#functions.set(name, '');
      this.#functions.set(name, `function ${name}(${parameters}) {\n${body()}\n}`);
    }
    return name;
  }
}
