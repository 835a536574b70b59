import { expect, test } from 'vitest';
import { Chunks } from './chunks.ts';
import { crc32c, crc32cOf } from './crc32c.ts';
import { SeededRandom } from './random.ts';

test('slices, patches and checksums agree with the joined bytes, wherever the pieces end', () => {
  const random = new SeededRandom(3);
  for (let round = 0; round < 200; round++) {
    const whole = random.bytes(1 + random.below(100));
    const pieces: Buffer[] = [];
    for (let at = 0; at < whole.length;) {
      const n = 1 + random.below(20);
      pieces.push(Buffer.from(whole.subarray(at, at + n)));
      at += n;
    }
    const chunks = Chunks.from(pieces);
    const start = random.below(whole.length);
    const end = start + random.below(whole.length - start + 1);
    expect(chunks.slice(start, end).toBuffer()).toEqual(whole.subarray(start, end));
    expect(crc32cOf(chunks, start, end)).toBe(crc32c(whole.subarray(start, end)));
    const patch = random.bytes(end - start);
    chunks.patch(start, patch);
    whole.set(patch, start);
    expect(chunks.toBuffer()).toEqual(whole);
  }
});
