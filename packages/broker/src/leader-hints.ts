/** Where the leader is now, for responses that say that it is not here (KIP-951). */
import type { MetadataImage } from '@tidelog/metadata';
import { addressOf, type NodeAddress } from './cluster-view.ts';

export interface LeaderHint {
  readonly leaderId: number;
  readonly leaderEpoch: number;
}

/** Collects the leaders named in one response and the addresses that go with them. */
export class LeaderHints {
  readonly #image: MetadataImage;
  readonly #listenerName: string;
  readonly #nodes = new Map<number, NodeAddress>();

  constructor(image: MetadataImage, listenerName: string) {
    this.#image = image;
    this.#listenerName = listenerName;
  }

  /** The leader as the metadata has it; undefined when there is none to name. */
  of(topic: string, partition: number): LeaderHint | undefined {
    const image = this.#image.topics.get(topic)?.partitions.get(partition);
    if (image === undefined || image.leader < 0) return undefined;
    const broker = this.#image.cluster.broker(image.leader);
    const address = addressOf(broker, this.#listenerName);
    if (address !== undefined && broker?.fenced === false) this.#nodes.set(address.nodeId, address);
    return { leaderId: image.leader, leaderEpoch: image.leaderEpoch };
  }

  get nodes(): NodeAddress[] {
    return [...this.#nodes.values()];
  }
}
