/**
 * The metadata image as a client on one listener sees it: which brokers it can reach, under which address, and which
 * replicas count as offline for it.
 */
import type { BrokerImage, MetadataImage, PartitionImage } from '@tidelog/metadata';
import { ErrorCode } from '@tidelog/protocol';

export interface NodeAddress {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

/** The address of a broker on a listener; undefined when it has none there. */
export function addressOf(broker: BrokerImage | undefined, listenerName: string): NodeAddress | undefined {
  const endpoint = broker?.endpoints.get(listenerName);
  if (broker === undefined || endpoint === undefined) return undefined;
  return { nodeId: broker.id, host: endpoint.host, port: endpoint.port, rack: broker.rack };
}

/** Brokers that are not fenced and can be reached on the listener. */
export function reachableBrokers(image: MetadataImage, listenerName: string): NodeAddress[] {
  const addresses: NodeAddress[] = [];
  for (const broker of image.cluster.aliveBrokers()) {
    const address = addressOf(broker, listenerName);
    if (address !== undefined) addresses.push(address);
  }
  return addresses;
}

/** Whether clients on the listener can reach a broker now. */
export function isReachable(image: MetadataImage, brokerId: number, listenerName: string): boolean {
  const broker = image.cluster.broker(brokerId);
  return broker !== undefined && !broker.fenced && broker.endpoints.has(listenerName);
}

export function offlineReplicas(image: MetadataImage, partition: PartitionImage, listenerName: string): number[] {
  return partition.replicas.filter((id) => !isReachable(image, id, listenerName));
}

/** The partition's leader as that client may use it, and why there is none. */
export function leaderFor(
  image: MetadataImage,
  partition: PartitionImage,
  listenerName: string,
): { readonly leaderId: number; readonly missing: 'none' | 'leader' | 'listener' } {
  const broker = image.cluster.broker(partition.leader);
  if (broker === undefined || broker.fenced) return { leaderId: -1, missing: 'leader' };
  if (!broker.endpoints.has(listenerName)) return { leaderId: -1, missing: 'listener' };
  return { leaderId: partition.leader, missing: 'none' };
}

/** LISTENER_NOT_FOUND is told to those who know it; older clients hear LEADER_NOT_AVAILABLE. */
export function leaderError(missing: 'none' | 'leader' | 'listener', knowsListenerNotFound: boolean): ErrorCode {
  if (missing === 'none') return ErrorCode.NONE;
  return missing === 'listener' && knowsListenerNotFound
    ? ErrorCode.LISTENER_NOT_FOUND
    : ErrorCode.LEADER_NOT_AVAILABLE;
}
