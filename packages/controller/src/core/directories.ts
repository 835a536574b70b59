/**
 * The directory ids that are no directories (KIP-858): the first hundred UUIDs are reserved, three have a meaning.
 */
import { uuidToBytes, type Uuid } from '@tidelog/core';
import { DirectoryId } from '@tidelog/metadata';

export function isReservedDirectory(id: Uuid): boolean {
  const bytes = uuidToBytes(id);
  return bytes.subarray(0, 15).every((byte) => byte === 0) && (bytes[15] ?? 0) < 100;
}

/** Whether a replica in this directory can be served by a broker that registered these. */
export function isOnlineDirectory(id: Uuid, registered: readonly Uuid[]): boolean {
  if (id === DirectoryId.UNASSIGNED || id === DirectoryId.MIGRATING) return true;
  return id !== DirectoryId.LOST && registered.includes(id);
}
