/** What a message promises beyond its bytes: refusals, sharing of memory, saturation, and its types. */
import { spawnSync } from 'node:child_process';
import { Chunks } from '@tidelog/core';
import { expect, expectTypeOf, test } from 'vitest';
import { ErrorCode, ProtocolError } from '../errors.ts';
import { api, type RequestInputOf, type RequestOf, type ResponseOf } from './api.ts';
import {
  array,
  boolean,
  bytes,
  float64,
  int16,
  int32,
  int64,
  int8,
  records,
  string,
  struct,
  uint16,
  uuid,
} from './field.ts';
import { data, type EncodeOf, type ValueOf } from './message.ts';

const Sample = api('Sample', {
  key: 500,
  versions: [0, 3],
  flexibleSince: 2,
  request: {
    name: string({ nullableSince: 1 }),
    retries: int16({ since: 1, default: 3 }),
    cursor: struct({ offset: int64(), epoch: int32({ default: -1 }) }, { since: 2, nullable: true, default: null }),
    extra: struct({ id: int32({ default: -1 }), label: string({ default: 'none' }) }, { since: 2, tag: 0 }),
    old: int32({ until: 1, ignorable: true }),
    payload: records({ nullable: true }),
  },
  response: { ids: array(uuid()), late: array(int32(), { since: 3 }) },
});

function codeOf(run: () => unknown): number {
  try {
    run();
    return ErrorCode.NONE;
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
}

test('types: a decoded value has every field, an encoded one only those without a default', () => {
  type Request = RequestOf<typeof Sample>;
  expectTypeOf<Request['name']>().toEqualTypeOf<string | null>();
  expectTypeOf<Request['retries']>().toEqualTypeOf<number>();
  expectTypeOf<Request['cursor']>().toEqualTypeOf<{ offset: number; epoch: number } | null>();
  expectTypeOf<Request['payload']>().toEqualTypeOf<Chunks | null>();
  expectTypeOf<ResponseOf<typeof Sample>>().toEqualTypeOf<{ ids: string[]; late: number[] }>();

  type Input = RequestInputOf<typeof Sample>;
  expectTypeOf<{ name: null; payload: null }>().toExtend<Input>();
  expectTypeOf<{ name: string; payload: Chunks; retries: undefined; cursor: { offset: number } }>().toExtend<Input>();
  expectTypeOf<{ payload: null }>().not.toExtend<Input>();
  expectTypeOf<{ name: undefined; payload: null }>().not.toExtend<Input>();
  expectTypeOf<Request>().toExtend<Input>();

  const Kinds = data('Kinds', {
    versions: [0, 0],
    fields: { a: int8(), b: boolean(), c: bytes(), d: float64(), e: uint16() },
  });
  expectTypeOf<ValueOf<typeof Kinds>>().toEqualTypeOf<{ a: number; b: boolean; c: Buffer; d: number; e: number }>();
  expectTypeOf<ValueOf<typeof Kinds>>().toExtend<EncodeOf<typeof Kinds>>();
});

test('one shape over all versions, with defaults for what a version does not carry', () => {
  const full = { name: 'n', retries: 3, cursor: null, extra: { id: -1, label: 'none' }, old: 0, payload: null };
  for (const version of [0, 1, 2, 3]) {
    const value = Sample.request.decode(Sample.request.encode({ name: 'n', payload: null }, version), version);
    expect(value).toEqual(full);
    expect(Object.keys(value)).toEqual(Object.keys(full));
  }
});

test('a request refuses what its version cannot carry, unless it may be ignored', () => {
  const encode = (value: Partial<RequestOf<typeof Sample>>, version: number) =>
    codeOf(() => Sample.request.encode({ name: 'n', payload: null, ...value }, version));
  expect(encode({ retries: 5 }, 0)).toBe(ErrorCode.UNSUPPORTED_VERSION);
  expect(encode({ retries: 3 }, 0)).toBe(ErrorCode.NONE);
  expect(encode({ cursor: { offset: 1, epoch: 1 } }, 1)).toBe(ErrorCode.UNSUPPORTED_VERSION);
  expect(encode({ extra: { id: -1, label: 'none' } }, 1)).toBe(ErrorCode.NONE);
  expect(encode({ extra: { id: 4, label: 'none' } }, 1)).toBe(ErrorCode.UNSUPPORTED_VERSION);
  expect(encode({ old: 7 }, 3)).toBe(ErrorCode.NONE);
});

test('a response drops what its version cannot carry', () => {
  expect(Sample.response.decode(Sample.response.encode({ ids: [], late: [1] }, 2), 2).late).toEqual([]);
  expect(Sample.response.decode(Sample.response.encode({ ids: [], late: [1] }, 3), 3).late).toEqual([1]);
});

const Scalars = data('Scalars', {
  versions: [0, 1],
  flexibleSince: 1,
  fields: {
    small: int8({ default: 0 }),
    large: int64({ default: 0 }),
    text: string({ default: '' }),
    id: uuid({ default: 'AAAAAAAAAAAAAAAAAAAAAA' }),
    blob: bytes({ default: null, nullable: true }),
    flag: boolean({ default: false }),
    list: array(int32(), { default: null, nullable: true }),
  },
});

test.each<[string, unknown]>([
  ['an int8 out of range', { small: 128 }],
  ['a fraction', { small: 0.5 }],
  ['a text for a number', { small: '1' }],
  ['NaN', { large: Number.NaN }],
  ['an integer beyond 2^53', { large: 2 ** 60 }],
  ['a bigint', { large: 1n }],
  ['a number for a string', { text: 5 }],
  ['a string of more than 32,767 bytes', { text: 'é'.repeat(16_384) }],
  ['a uuid of the wrong length', { id: 'short' }],
  ['a uuid with a character that is none', { id: 'AAAAAAAAAAAAAAAAAAAA!!' }],
  ['a string for bytes', { blob: 'bytes' }],
  ['a number for a boolean', { flag: 1 }],
  ['an object for a list', { list: {} }],
  ['null for a string', { text: null }],
  ['nothing at all', null],
])('an encoder refuses %s', (_, value) => {
  for (const version of [0, 1])
    expect(codeOf(() => Scalars.encode(value as object, version))).toBe(ErrorCode.INVALID_REQUEST);
});

test('a failed encode leaves nothing behind', () => {
  const good = Scalars.encode({ text: 'good' }, 1).toBuffer().toString('hex');
  expect(codeOf(() => Scalars.encode({ text: 'started', list: [1, 0.5] }, 1))).toBe(ErrorCode.INVALID_REQUEST);
  expect(Scalars.encode({ text: 'good' }, 1).toBuffer().toString('hex')).toBe(good);
});

test('an int64 saturates at 2^53 - 1 and the saturated value is Long.MAX_VALUE again', () => {
  const read = (hex: string): number => {
    const rest = `${'00'.repeat(18)}ffffffff00ffffffff`;
    return Scalars.decode(Chunks.of(Buffer.from(`00${hex}${rest}`, 'hex')), 0).large;
  };
  const hexOf = (large: number): string => Scalars.encode({ large }, 0).toBuffer().subarray(1, 9).toString('hex');
  const exact = ['001ffffffffffffe', 'ffe0000000000002', 'ffffffffffffffff', '0000000100000000', '00000000ffffffff'];
  for (const hex of exact) expect(hexOf(read(hex))).toBe(hex);
  expect(read('7fffffffffffffff')).toBe(Number.MAX_SAFE_INTEGER);
  expect(read('0020000000000000')).toBe(Number.MAX_SAFE_INTEGER);
  expect(read('8000000000000000')).toBe(Number.MIN_SAFE_INTEGER);
  expect(hexOf(Number.MAX_SAFE_INTEGER)).toBe('7fffffffffffffff');
  expect(hexOf(Number.MIN_SAFE_INTEGER)).toBe('8000000000000000');
});

test('records are passed on in the pieces they came in, both ways', () => {
  const pieces = [Buffer.alloc(3000, 1), Buffer.alloc(5000, 2)];
  const encoded = Sample.request.encode({ name: 'n', payload: Chunks.from(pieces) }, 3);
  expect(pieces.every((piece) => encoded.pieces.includes(piece))).toBe(true);
  const { payload } = Sample.request.decode(encoded, 3);
  expect(payload?.pieces.map(({ buffer, byteOffset, length }) => [buffer, byteOffset, length])).toEqual(
    pieces.map(({ buffer, byteOffset, length }) => [buffer, byteOffset, length]),
  );
});

test('a value encoded while another one is being encoded does not disturb it', () => {
  const inner: string[] = [];
  const value = {
    get text() {
      inner.push(Scalars.encode({ text: 'inner' }, 1).toBuffer().toString('hex'));
      return 'outer';
    },
  };
  const outer = Scalars.encode(value, 1).toBuffer().toString('hex');
  expect(outer).toBe(Scalars.encode({ text: 'outer' }, 1).toBuffer().toString('hex'));
  expect(inner[0]).toBe(Scalars.encode({ text: 'inner' }, 1).toBuffer().toString('hex'));
});

test('earlier results stay as they were when later ones are written', () => {
  const results = Array.from({ length: 3000 }, (_, i) => Scalars.encode({ text: `text ${i}`, large: i }, 1));
  results.forEach((bytes, i) => expect(Scalars.decode(bytes, 1)).toMatchObject({ text: `text ${i}`, large: i }));
});

test('a structure larger than the slab, and a tagged one larger than a byte can say', () => {
  const text = 'x'.repeat(30_000);
  for (const size of [0, 100, 127, 128, 20_000]) {
    const value = { name: text, payload: null, extra: { id: 1, label: 'y'.repeat(size) } };
    expect(Sample.request.decode(Sample.request.encode(value, 2), 2)).toMatchObject(value);
  }
});

test('without code generation from strings the closures take over', () => {
  const script = `
    import { Metadata } from '${new URL('../index.ts', import.meta.url).href}';
    const bytes = Metadata.request.encode({ topics: [{ name: 'orders' }], allowAutoTopicCreation: false }, 12);
    let generated = true;
    try { new Function(''); } catch { generated = false; }
    console.log(JSON.stringify({ generated, name: Metadata.request.decode(bytes, 12).topics[0].name }));`;
  const flags = ['--disallow-code-generation-from-strings', '--conditions=source', '--input-type=module', '-e', script];
  const { stdout, stderr } = spawnSync(process.execPath, flags, { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({ generated: false, name: 'orders' });
});
