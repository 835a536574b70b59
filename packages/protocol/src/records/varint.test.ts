import { assert as holds, constantFrom, integer, oneof, property } from 'fast-check';
import { expect, test } from 'vitest';
import {
  malformedVarint,
  readVarint,
  readVarlong,
  sizeOfVarint,
  sizeOfVarlong,
  writeVarint,
  writeVarlong,
} from './varint.ts';

/** Below this a timestamp delta is exact. */
const limit = 2 ** 52 - 1;

test('every int32 comes back, in as many bytes as were foretold', () => {
  const edges = [0, -1, 1, 63, 64, -64, -65, 8191, 8192, 2 ** 31 - 1, -(2 ** 31)];
  const comesBack = property(oneof(constantFrom(...edges), integer()), (value) => {
    const bytes = Buffer.alloc(6);
    const end = writeVarint(bytes, 0, value);
    const cursor = { at: 0 };
    expect(end).toBe(sizeOfVarint(value));
    expect(readVarint(bytes, cursor, end)).toBe(value);
    expect(cursor.at).toBe(end);
    for (let cut = 0; cut < end; cut++) expect(readVarint(bytes, { at: 0 }, cut)).toBe(malformedVarint);
  });
  holds(comesBack, { seed: 1 });
});

test('every difference of two timestamps comes back', () => {
  const edges = [0, -1, 2 ** 31, -(2 ** 31) - 1, 2 ** 30, 2 ** 49, limit, -limit];
  const anything = oneof(constantFrom(...edges), integer({ min: -limit, max: limit }));
  const comesBack = property(anything, (value) => {
    const bytes = Buffer.alloc(10);
    const end = writeVarlong(bytes, 0, value);
    const cursor = { at: 0 };
    expect(end).toBe(sizeOfVarlong(value));
    expect(readVarlong(bytes, cursor, end)).toBe(value);
    expect(cursor.at).toBe(end);
    for (let cut = 0; cut < end; cut++) expect(readVarlong(bytes, { at: 0 }, cut)).toBe(malformedVarint);
  });
  holds(comesBack, { seed: 2 });
});

test('six groups are no varint, eleven no varlong, and neither goes beyond its width', () => {
  const endless = Buffer.alloc(12, 0xff);
  expect(readVarint(endless, { at: 0 }, 12)).toBe(malformedVarint);
  expect(readVarlong(endless, { at: 0 }, 12)).toBe(malformedVarint);
  const wide = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x1f]);
  expect(readVarint(wide, { at: 0 }, 5)).toBe(malformedVarint);
  const wideLong = Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]);
  expect(readVarlong(wideLong, { at: 0 }, 10)).toBe(malformedVarint);
});

test('a varlong that no number holds exactly reads as NaN', () => {
  const most = Buffer.from([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
  const cursor = { at: 0 };
  expect(readVarlong(most, cursor, 10)).toBeNaN();
  expect(cursor.at).toBe(10);
});
