/**
 * How fuzzing spoils bytes: flips, edges of every integer width, lengths off by one, runs cut out, doubled or put in.
 * The same random source spoils the same bytes the same way.
 */
import { Chunks, must, type SeededRandom } from '@tidelog/core';

const edges: readonly bigint[] = [
  0n,
  1n,
  -1n,
  -2n,
  127n,
  128n,
  -128n,
  255n,
  32_767n,
  -32_768n,
  65_535n,
  2_147_483_647n,
  -2_147_483_648n,
  4_294_967_295n,
  2n ** 53n,
  -(2n ** 53n),
  2n ** 63n - 1n,
  -(2n ** 63n),
];

type Mutation = (bytes: Buffer, random: SeededRandom) => Buffer;

/** Writes the edge of an integer over 1, 2, 4 or 8 bytes. */
function writeEdge(bytes: Buffer, random: SeededRandom): Buffer {
  const scratch = Buffer.alloc(8);
  scratch.writeBigInt64BE(BigInt.asIntN(64, must(edges[random.below(edges.length)])));
  const width = 1 << random.below(4);
  if (bytes.length < width) return bytes;
  scratch.copy(bytes, random.below(bytes.length - width + 1), 8 - width);
  return bytes;
}

/** An unsigned varint that is long, or too long. */
function writeVarint(bytes: Buffer, random: SeededRandom): Buffer {
  const at = random.below(bytes.length);
  const end = Math.min(bytes.length, at + random.below(11));
  bytes.fill(0x80 | random.below(128), at, end);
  if (end < bytes.length && random.below(3) > 0) bytes[end] = random.below(16);
  return bytes;
}

function nudge(bytes: Buffer, random: SeededRandom): Buffer {
  const at = random.below(bytes.length);
  bytes[at] = (bytes[at] as number) + (random.below(2) === 0 ? 1 : -1);
  return bytes;
}

function flip(bytes: Buffer, random: SeededRandom): Buffer {
  const at = random.below(bytes.length);
  bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
  return bytes;
}

function cut(bytes: Buffer, random: SeededRandom): Buffer {
  return bytes.subarray(0, random.below(bytes.length));
}

function remove(bytes: Buffer, random: SeededRandom): Buffer {
  const at = random.below(bytes.length);
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(8))]);
}

function insert(bytes: Buffer, random: SeededRandom): Buffer {
  const at = random.below(bytes.length);
  return Buffer.concat([bytes.subarray(0, at), random.bytes(1 + random.below(8)), bytes.subarray(at)]);
}

function double(bytes: Buffer, random: SeededRandom): Buffer {
  const at = random.below(bytes.length);
  const end = at + 1 + random.below(Math.min(64, bytes.length - at));
  return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
}

const mutations: readonly Mutation[] = [
  writeEdge,
  writeEdge,
  writeVarint,
  nudge,
  flip,
  flip,
  cut,
  remove,
  insert,
  double,
];

/** A spoilt copy. */
export function mutate(bytes: Buffer, random: SeededRandom): Buffer {
  let out: Buffer = Buffer.from(bytes);
  for (let n = 1 + random.below(3); n > 0 && out.length > 0; n--) {
    out = must(mutations[random.below(mutations.length)])(out, random);
  }
  return out;
}

/** The bytes in pieces as a socket might give them, and often in just one. */
export function scattered(bytes: Buffer, random: SeededRandom): Chunks {
  if (random.below(2) === 0 || bytes.length === 0) return Chunks.of(bytes);
  const most = random.below(3) === 0 ? 3 : 1 + random.below(bytes.length);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = 1 + random.below(most);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return Chunks.from(pieces);
}
