import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import { expect, test } from 'vitest';
import { nestedMessages, recordSchemas } from './record-schema.ts';
import type { Field } from './wire-field.ts';

const file = new URL('../metadata.proto', import.meta.url);
const { root } = protobuf.parse(readFileSync(file, 'utf8'));

function declaredIn(message: protobuf.Type): Record<string, string> {
  return Object.fromEntries(
    message.fieldsArray.map((field) => {
      const optional = field.options?.['proto3_optional'] === true;
      const prefix = field.repeated ? 'repeated ' : optional || wrappers.has(field.type) ? 'optional ' : '';
      return [field.name, `${prefix}${field.type} = ${field.id}`];
    }),
  );
}

const wrappers = new Set(['Int32List', 'UuidList']);

function declaredHere(fields: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields as Record<string, Field<unknown>>).map(([name, field]) => [
      name,
      `${field.declared} = ${field.number}`,
    ]),
  );
}

test('every message of the table is declared in metadata.proto with the same fields, types and numbers', () => {
  const messages = [...Object.values(recordSchemas).map((schema) => schema.message), ...nestedMessages];
  for (const message of messages) {
    expect({ [message.name]: declaredHere(message.fields) }).toEqual({
      [message.name]: declaredIn(root.lookupType(`tidelog.metadata.${message.name}`)),
    });
  }
  // The envelope and the two list wrappers are the only messages beside them.
  const declared = root.lookup('tidelog.metadata') as protobuf.Namespace;
  expect(declared.nestedArray.length).toBe(messages.length + 3);
});

test('the envelope has every record under its number', () => {
  const envelope = root.lookupType('tidelog.metadata.MetadataRecord');
  const fields = envelope.fieldsArray.filter((field) => field.partOf?.name === 'record');
  expect(Object.fromEntries(fields.map((field) => [field.name, [field.id, field.type]]))).toEqual(
    Object.fromEntries(Object.values(recordSchemas).map((s) => [s.type, [s.fieldNumber, s.message.name]])),
  );
});
