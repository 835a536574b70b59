/**
 * Kafka's UUIDs as people read them: 16 bytes in URL-safe base64 without padding, 22 characters. Everywhere in Tidelog
 * a UUID is that string; the wire's 16 bytes are made at the codec.
 */
import type { Random } from './random.ts';

export type Uuid = string;

/** Sixteen zero bytes: "no id". */
export const zeroUuid: Uuid = 'AAAAAAAAAAAAAAAAAAAAAA';

/** The id of the metadata log's topic, fixed by Kafka: fifteen zero bytes and a one. */
export const metadataTopicId: Uuid = 'AAAAAAAAAAAAAAAAAAAAAQ';

export function uuidFromBytes(bytes: Buffer, at = 0): Uuid {
  return bytes.toString('base64url', at, at + 16);
}

export function uuidToBytes(uuid: Uuid): Buffer {
  return Buffer.from(uuid, 'base64url');
}

/** A version 4 UUID whose text does not begin with a dash, as Kafka's are. */
export function randomUuid(random: Random): Uuid {
  for (;;) {
    const bytes = random.bytes(16);
    bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
    const uuid = uuidFromBytes(bytes);
    if (!uuid.startsWith('-')) return uuid;
  }
}

export function isUuid(text: string): boolean {
  return /^[A-Za-z0-9_-]{22}$/.test(text);
}
