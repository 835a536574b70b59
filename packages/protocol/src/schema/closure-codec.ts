/**
 * The codec for processes that may not generate code from strings: a tree of closures, built from the same plan as the
 * compiled one and two to three times slower. It also serves as that one's independent check.
 */
import { defaultOf, isDefault, methodOf, refuse, refuseStruct, type Codec, type Struct } from './codec.ts';
import type { FieldPlan, MessagePlan, StructPlan, ValuePlan } from './plan.ts';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

type Read = (reader: Reader) => unknown;
type Write = (writer: Writer, value: unknown) => void;

export function closureCodec(plan: MessagePlan): Codec {
  let decode: Read | undefined;
  let encode: Write | undefined;
  return {
    decode: (reader) => (decode ??= structReader(plan.root))(reader),
    encode: (writer, value) => (encode ??= structWriter(plan.root))(writer, value),
  };
}

function valueReader(value: ValuePlan): Read {
  if (value.kind === 'array') return arrayReader(value, value.element as ValuePlan);
  if (value.struct !== undefined) {
    const read = structReader(value.struct);
    return value.nullable ? (reader) => (reader.hasStruct() ? read(reader) : null) : read;
  }
  const method = methodOf(value) as 'int32';
  return (reader) => reader[method]();
}

function arrayReader(list: ValuePlan, element: ValuePlan): Read {
  const count = methodOf(list) as 'count';
  const read = valueReader(element);
  const weight = element.weight + 8;
  return (reader) => {
    const length = reader[count](element.minSize, weight);
    if (length < 0) return null;
    const out: unknown[] = [];
    for (let i = 0; i < length; i++) out.push(read(reader));
    return out;
  };
}

function structReader(struct: StructPlan): Read {
  const fields = struct.fields.map((field) => ({
    name: field.name,
    read: field.present && field.tag < 0 ? valueReader(field) : () => defaultOf(field),
  }));
  const tagged = new Map(struct.tagged.map((field) => [field.tag, { name: field.name, read: valueReader(field) }]));
  return (reader) => {
    const value: Struct = {};
    for (const { name, read } of fields) value[name] = read(reader);
    if (!struct.flexible) return value;
    for (let left = reader.tagCount(); left > 0; left--) {
      const field = tagged.get(reader.uvarint());
      const end = reader.tagSize() + reader.position;
      if (field !== undefined) value[field.name] = field.read(reader);
      reader.endTag(end, field !== undefined);
    }
    return value;
  };
}

function valueWriter(value: ValuePlan): Write {
  if (value.kind === 'array') return arrayWriter(value, value.element as ValuePlan);
  if (value.struct !== undefined) {
    const write = structWriter(value.struct);
    if (!value.nullable) return write;
    return (writer, given) => {
      if (writer.hasStruct(given as object | null)) write(writer, given);
    };
  }
  const method = methodOf(value) as 'int32';
  return (writer, given) => writer[method](given as number);
}

function arrayWriter(list: ValuePlan, element: ValuePlan): Write {
  const count = methodOf(list) as 'count';
  const write = valueWriter(element);
  return (writer, given) => {
    const elements = given as readonly unknown[];
    const length = writer[count](elements);
    for (let i = 0; i < length; i++) write(writer, elements[i]);
  };
}

function structWriter(struct: StructPlan): Write {
  const writes = struct.fields.filter((field) => field.tag < 0 || !field.present).map(fieldWriter);
  const tagged = struct.tagged.map((field) => ({ field, write: valueWriter(field) }));
  return (writer, given) => {
    if (given === null || typeof given !== 'object') refuseStruct(given);
    const value = given as Struct;
    for (const write of writes) write(writer, value);
    if (!struct.flexible) return;
    const set = tagged.filter(({ field }) => !isDefault(field, value[field.name]));
    writer.uvarint(set.length);
    for (const { field, write } of set) {
      const mark = writer.beginTag(field.tag);
      write(writer, value[field.name]);
      writer.endTag(mark);
    }
  };
}

function fieldWriter(field: FieldPlan): (writer: Writer, struct: Struct) => void {
  const { name } = field;
  if (!field.present) {
    if (!field.refuses) return () => {};
    return (_, struct) => {
      const value = struct[name] ?? undefined;
      if (!isDefault(field, value)) refuse(name);
    };
  }
  const write = valueWriter(field);
  if (!field.omittable) return (writer, struct) => write(writer, struct[name]);
  return (writer, struct) => {
    const value = struct[name];
    write(writer, value === undefined ? defaultOf(field) : value);
  };
}
