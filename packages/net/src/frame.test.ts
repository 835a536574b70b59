import { SeededRandom, type Chunks } from '@tidelog/core';
import { expect, test } from 'vitest';
import { FrameError, FrameReader } from './frame.ts';

const limits = { minBytes: 8, maxBytes: 1 << 20 };

function framed(body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

function drain(reader: FrameReader): Chunks[] {
  const out: Chunks[] = [];
  for (let frame = reader.next(); frame !== undefined; frame = reader.next()) out.push(frame);
  return out;
}

function faultOf(first: Buffer, maxBytes = limits.maxBytes): string {
  const reader = new FrameReader({ ...limits, maxBytes });
  try {
    reader.push(first);
    drain(reader);
  } catch (error) {
    if (error instanceof FrameError) return error.fault;
  }
  return 'none';
}

test('two frames cut at every place, and at every two places, come out the same', () => {
  const bodies = [Buffer.from('first frame'), Buffer.from('the second one')];
  const stream = Buffer.concat(bodies.map(framed));
  for (let i = 0; i <= stream.length; i++) {
    for (let j = i; j <= stream.length; j++) {
      const reader = new FrameReader(limits);
      const frames: Chunks[] = [];
      for (const part of [stream.subarray(0, i), stream.subarray(i, j), stream.subarray(j)]) {
        reader.push(part);
        frames.push(...drain(reader));
      }
      expect(frames.map((frame) => frame.toBuffer().toString())).toEqual(bodies.map(String));
      expect(reader.partialBytes).toBe(0);
    }
  }
});

test('random frames in random chunks come out whole; several chunks may wait unread', () => {
  const random = new SeededRandom(11);
  for (let round = 0; round < 50; round++) {
    const bodies = Array.from({ length: 1 + random.below(20) }, () => random.bytes(8 + random.below(9000)));
    const stream = Buffer.concat(bodies.map(framed));
    const reader = new FrameReader(limits);
    const frames: Buffer[] = [];
    for (let at = 0; at < stream.length;) {
      const size = random.below(2) === 0 ? 1 + random.below(30) : 1 + random.below(5000);
      reader.push(stream.subarray(at, at + size));
      at += size;
      if (random.below(3) === 0) frames.push(...drain(reader).map((frame) => frame.toBuffer()));
    }
    frames.push(...drain(reader).map((frame) => frame.toBuffer()));
    expect(Buffer.concat(frames).equals(Buffer.concat(bodies))).toBe(true);
    expect(frames.length).toBe(bodies.length);
  }
});

test('a frame within one chunk and one over large chunks share the memory they came in', () => {
  const reader = new FrameReader(limits);
  const chunk = framed(Buffer.alloc(100, 5));
  reader.push(chunk);
  expect(reader.next()?.pieces[0]?.buffer).toBe(chunk.buffer);
  const large = framed(Buffer.alloc(10_000, 6));
  const parts = [large.subarray(0, 5000), Buffer.from(large.subarray(5000))];
  for (const part of parts) reader.push(part);
  expect(reader.next()?.pieces.map((piece) => piece.buffer)).toEqual(parts.map((part) => part.buffer));
});

test('a frame that dribbles in is held in few pieces, and its bytes are counted', () => {
  const reader = new FrameReader(limits);
  const stream = framed(Buffer.alloc(50_000, 9));
  let frame: Chunks | undefined;
  for (let i = 0; i < stream.length; i++) {
    reader.push(stream.subarray(i, i + 1));
    frame = reader.next();
    expect(reader.partialBytes).toBe(frame === undefined ? i + 1 : 0);
  }
  expect(frame?.byteLength).toBe(50_000);
  expect(frame?.pieces.length).toBeLessThan(50);
});

test('a length that no frame may have is refused as soon as its four bytes are there, and says what was tried', () => {
  expect(faultOf(Buffer.from('160301', 'hex'))).toBe('none');
  expect(faultOf(Buffer.from('16030102', 'hex'))).toBe('tls');
  expect(faultOf(Buffer.from('GET / HTTP/1.1\r\n'))).toBe('http');
  expect(faultOf(Buffer.from('POST /'))).toBe('http');
  expect(faultOf(Buffer.from('SSH-2.0-OpenSSH'))).toBe('ssh');
  expect(faultOf(Buffer.from('ffffffff', 'hex'))).toBe('negative');
  expect(faultOf(Buffer.from('80000000', 'hex'))).toBe('negative');
  expect(faultOf(Buffer.from('7fffffff', 'hex'))).toBe('tooLong');
  expect(faultOf(Buffer.from('00000000', 'hex'))).toBe('tooShort');
  expect(faultOf(Buffer.from('00000007', 'hex'))).toBe('tooShort');
  expect(faultOf(Buffer.from('00100000', 'hex'))).toBe('none');
  expect(faultOf(Buffer.from('00100001', 'hex'))).toBe('tooLong');
});

test('a length of the greatest size allowed holds no memory before bytes come', () => {
  const reader = new FrameReader({ minBytes: 8, maxBytes: 0x7fffffff });
  reader.push(Buffer.from('7fffffff00', 'hex'));
  expect(reader.next()).toBeUndefined();
  expect(reader.partialBytes).toBe(5);
});
