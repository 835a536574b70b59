/**
 * Who a replica is: a node id together with the id of the directory that holds its log (KIP-853), so that a node whose
 * disk was replaced is another replica. The zero UUID stands for "not known", as for statically configured voters.
 */
import { zeroUuid, type Uuid } from '@tidelog/core';

export interface ReplicaKey {
  readonly id: number;
  readonly directoryId: Uuid;
}

export interface Endpoint {
  /** The listener's name, as in controller.listener.names. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** Where to reach a node. A negative id is a bootstrap server, whose id is not known yet. */
export interface PeerAddress {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

export function sameReplica(a: ReplicaKey, b: ReplicaKey): boolean {
  return a.id === b.id && a.directoryId === b.directoryId;
}

/** Whether the key may mean this replica: an unknown directory id on either side matches any. */
export function mayBeReplica(key: ReplicaKey, replica: ReplicaKey): boolean {
  if (key.id !== replica.id) return false;
  const known = key.directoryId !== zeroUuid && replica.directoryId !== zeroUuid;
  return !known || key.directoryId === replica.directoryId;
}

/** For maps and logs. */
export function replicaName(key: ReplicaKey): string {
  return key.directoryId === zeroUuid ? String(key.id) : `${key.id}:${key.directoryId}`;
}
