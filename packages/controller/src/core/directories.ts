/**
 * The directory ids that are no directories (KIP-858): the first hundred UUIDs are reserved, three have a meaning.
 */
import { uuidToBytes, type Uuid } from '@tidelog/core';

export function isReservedDirectory(id: Uuid): boolean {
  const bytes = uuidToBytes(id);
  return bytes.subarray(0, 15).every((byte) => byte === 0) && (bytes[15] ?? 0) < 100;
}
