/** Every version of every message: what is encoded comes back, and both codecs write and read the same bytes. */
import { Chunks, must } from '@tidelog/core';
import { expect, test } from 'vitest';
import { closureCodec } from './schema/closure-codec.ts';
import type { Codec } from './schema/codec.ts';
import { compiledCodec } from './schema/compiled-codec.ts';
import { planMessage } from './schema/plan.ts';
import { Reader } from './schema/reader.ts';
import { giveBack, lendWriter } from './schema/writer.ts';
import { allMessages, completed, plain, planOf, sampleValue, versionsOf } from './testing/sample-value.ts';

const seeds = [1, 2, 3, 4];

function encode(codec: Codec, value: unknown): Chunks {
  const writer = lendWriter();
  try {
    codec.encode(writer, value);
    return Chunks.of(Buffer.from(writer.finish().toBuffer()));
  } finally {
    giveBack(writer);
  }
}

function decode(codec: Codec, bytes: Chunks): unknown {
  return codec.decode(new Reader(bytes, 0, { memoryBudget: Infinity, maxBytes: Infinity }));
}

test('a decoded value has every field, in order, and encodes to the same bytes', () => {
  let tried = 0;
  for (const message of allMessages()) {
    for (const version of versionsOf(message)) {
      for (const seed of seeds) {
        const value = sampleValue(message, version, seed);
        const bytes = message.encode(value, version);
        const decoded = message.decode(bytes, version) as Record<string, unknown>;
        const expected = completed(planOf(message, version), value);
        const where = `${message.name} v${version} seed ${seed}`;
        expect(plain(decoded), where).toEqual(plain(expected));
        expect(Object.keys(decoded), where).toEqual(Object.keys(message.declaration.fields));
        expect(message.encode(decoded, version).toBuffer().equals(bytes.toBuffer()), where).toBe(true);
        tried++;
      }
    }
  }
  expect(tried).toBeGreaterThan(2000);
});

test('the closure codec and the compiled codec agree', () => {
  for (const message of allMessages()) {
    for (const version of versionsOf(message)) {
      const plan = planMessage(message.name, message.declaration, version);
      const [compiled, closures] = [compiledCodec(plan), closureCodec(plan)];
      for (const seed of seeds) {
        const value = sampleValue(message, version, seed);
        const bytes = encode(compiled, value);
        const where = `${message.name} v${version} seed ${seed}`;
        expect(encode(closures, value).toBuffer().equals(bytes.toBuffer()), where).toBe(true);
        expect(plain(decode(closures, bytes)), where).toEqual(plain(decode(compiled, bytes)));
      }
    }
  }
});

test('bytes read the same in whatever pieces they come', () => {
  for (const message of allMessages()) {
    const version = message.versions.max;
    const whole = message.encode(sampleValue(message, version, 7), version).toBuffer();
    const expected = plain(message.decode(Chunks.of(whole), version));
    for (const size of [1, 2, 3, 7, 64]) {
      const pieces: Buffer[] = [];
      for (let at = 0; at < whole.length; at += size) pieces.push(whole.subarray(at, at + size), Buffer.alloc(0));
      const { value, end } = message.decodePrefix(Chunks.from(pieces), version);
      expect(plain(value), `${message.name} in pieces of ${size}`).toEqual(expected);
      expect(end).toBe(whole.length);
    }
  }
});

test('a message is found behind a prefix and leaves what follows it alone', () => {
  const message = must(allMessages().find(({ name }) => name === 'MetadataRequest'));
  const bytes = message.encode(sampleValue(message, 12, 3), 12).toBuffer();
  const framed = Chunks.of(Buffer.alloc(9), bytes, Buffer.from('behind'));
  const { value, end } = message.decodePrefix(framed, 12, 9);
  expect(plain(value)).toEqual(plain(message.decode(Chunks.of(bytes), 12)));
  expect(end).toBe(9 + bytes.length);
});
