import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import { decodeRecord, encodeRecord, MetadataRecordError, supportedMetadataLevel } from './record-codec.ts';
import { bareRecords, fullRecords, sampleUuid } from './testing/sample-records.ts';

const records = [...Object.values(fullRecords), ...bareRecords];

describe('a record comes back as it was', () => {
  test.each(records.map((record) => [record.type, record] as const))('%s', (_, record) => {
    expect(decodeRecord(encodeRecord(record))).toEqual(record);
  });
});

test('protobufjs reads every record by the .proto file and writes it back to the same record', () => {
  const { root } = protobuf.parse(readFileSync(new URL('../metadata.proto', import.meta.url), 'utf8'));
  const envelope = root.lookupType('tidelog.metadata.MetadataRecord');
  for (const record of records) {
    const message = envelope.decode(encodeRecord(record));
    expect(message.toJSON()).toHaveProperty(record.type);
    expect(decodeRecord(Buffer.from(envelope.encode(message).finish()))).toEqual(record);
  }
});

test('UUIDs that end with the same byte are told apart', () => {
  for (const topicId of ['kQ3vPzG2TyGGnY0-7cXJAg', 'b8tRS7h4TJ2Vt43Dp85vAg', 'kQ3vPzG2TyGGnY0-7cXJAg']) {
    expect(decodeRecord(encodeRecord({ type: 'removeTopic', topicId }))).toEqual({ type: 'removeTopic', topicId });
  }
});

test('a record that cannot be written leaves nothing behind in the next one', () => {
  const { topic } = fullRecords;
  expect(() => encodeRecord({ ...topic, topicId: 'no id' })).toThrow('is not a UUID');
  expect(decodeRecord(encodeRecord(topic))).toEqual(topic);
});

test('an absent field of a change is told from an empty one', () => {
  const change = { type: 'partitionChange', topicId: sampleUuid, partitionId: 0 } as const;
  expect(decodeRecord(encodeRecord({ ...change, isr: [] }))).toEqual({ ...change, isr: [] });
  expect(decodeRecord(encodeRecord(change))).not.toHaveProperty('isr');
});

test('unknown fields survive a decode and an encode, in the record, in its parts and around it', () => {
  const unknown = Buffer.from([0xf8, 0x07, 0x2a]); // field 127, varint 42
  const endPoint = { name: 'a', host: 'b', port: 1, securityProtocol: 0, unknownFields: unknown };
  const record = {
    ...fullRecords.registerController,
    endPoints: [endPoint],
    unknownFields: unknown,
    unknownEnvelopeFields: Buffer.from([0x28, 0x01]), // field 5, varint 1
  };
  const bytes = encodeRecord(record);
  const decoded = decodeRecord(bytes);
  expect(decoded).toEqual(record);
  expect(encodeRecord(decoded)).toEqual(bytes);
});

test('a record of an unknown type is kept', () => {
  const bytes = Buffer.from([0xa2, 0x06, 0x03, 0x08, 0x96, 0x01]); // field 100: a message of three bytes
  const decoded = decodeRecord(bytes);
  expect(decoded).toEqual({ type: 'unknown', fieldNumber: 100, bytes: Buffer.from([0x08, 0x96, 0x01]) });
  expect(encodeRecord(decoded)).toEqual(bytes);
});

test('a record that requires a newer level is refused, whatever its type', () => {
  const newer = supportedMetadataLevel + 1;
  for (const record of [
    { ...fullRecords.topic, requiredLevel: newer },
    { type: 'unknown', fieldNumber: 100, bytes: Buffer.alloc(0), requiredLevel: newer } as const,
  ]) {
    const bytes = encodeRecord(record);
    expect(() => decodeRecord(bytes)).toThrow(/Upgrade Tidelog/);
    expect(decodeRecord(bytes, newer)).toEqual(record);
  }
  expect(decodeRecord(encodeRecord({ ...fullRecords.topic, requiredLevel: 30 }))).toHaveProperty('requiredLevel', 30);
});

test('truncated records throw MetadataRecordError or lack fields; nothing else happens', () => {
  let refused = 0;
  for (const record of Object.values(fullRecords)) {
    const bytes = encodeRecord(record);
    for (let length = 1; length < bytes.length; length++) {
      try {
        decodeRecord(bytes.subarray(0, length));
      } catch (error) {
        expect(error).toBeInstanceOf(MetadataRecordError);
        refused++;
      }
    }
  }
  expect(refused).toBeGreaterThan(100);
});

test('values that the format cannot hold are refused', () => {
  expect(() => encodeRecord({ ...fullRecords.topic, topicId: 'short' })).toThrow(/not a UUID/);
  expect(() => encodeRecord({ ...fullRecords.unregisterBroker, brokerEpoch: 2 ** 53 })).toThrow(/beyond 2\^53/);
  expect(() => encodeRecord({ ...fullRecords.unregisterBroker, brokerId: 1.5 })).toThrow(/not an int32/);
});
