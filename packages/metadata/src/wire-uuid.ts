/**
 * UUIDs between their text and the 16 bytes of a record. The records of one decision say the same few again and again
 * (a topic of ten thousand partitions, three directories), so the last ones are remembered: they are converted once,
 * and their partitions share one text.
 *
 *   a UUID's last byte picks its slot; what is there is used when it is the same, and replaced when it is not
 */
import { assert, uuidFromBytes, uuidToBytes, type Uuid } from '@tidelog/core';
import type { Reader, Writer } from 'protobufjs/dist/minimal/protobuf.min.js';

const uuidLength = 16;
const slots = 256;
const textsMax = 256;

interface Known {
  readonly bytes: Buffer;
  readonly text: Uuid;
}

const byLastByte = new Array<Known | undefined>(slots).fill(undefined);
const byText = new Map<Uuid, Buffer>();

/** The bytes are not to be changed. */
export function writeUuid(writer: Writer, text: Uuid): void {
  let bytes = byText.get(text);
  if (bytes === undefined) {
    bytes = uuidToBytes(text);
    assert(bytes.length === uuidLength, () => `${JSON.stringify(text)} is not a UUID`);
    if (byText.size === textsMax) byText.clear();
    byText.set(text, bytes);
  }
  writer.bytes(bytes);
}

/** Reads length and bytes. */
export function readUuid(reader: Reader): Uuid {
  const length = reader.uint32();
  if (length !== uuidLength) throw new RangeError(`a UUID has ${uuidLength} bytes, not ${length}`);
  const { buf, pos } = reader;
  reader.skip(uuidLength);
  const slot = buf[pos + uuidLength - 1] ?? 0;
  const known = byLastByte[slot];
  if (known !== undefined && isAt(buf, pos, known.bytes)) return known.text;
  const bytes = Buffer.from(buf.subarray(pos, pos + uuidLength));
  const text = uuidFromBytes(bytes);
  byLastByte[slot] = { bytes, text };
  return text;
}

function isAt(buf: Uint8Array, at: number, bytes: Buffer): boolean {
  for (let i = 0; i < uuidLength; i++) if (buf[at + i] !== bytes[i]) return false;
  return true;
}
