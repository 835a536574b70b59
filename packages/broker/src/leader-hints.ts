/** Where the leader is now, for responses that say that it is not here (KIP-951). */
import type { MetadataImage } from '@tidelog/metadata';

export interface LeaderHint {
  readonly leaderId: number;
  readonly leaderEpoch: number;
}

export interface NodeEndpoint {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

/** Collects the leaders named in one response and the addresses that go with them. */
export class LeaderHints {
  readonly #image: MetadataImage;
  readonly #listenerName: string;
  readonly #nodes = new Map<number, NodeEndpoint>();

  constructor(image: MetadataImage, listenerName: string) {
    this.#image = image;
    this.#listenerName = listenerName;
  }

  /** The leader as the metadata has it; undefined when there is none to name. */
  of(topic: string, partition: number): LeaderHint | undefined {
    const image = this.#image.topics.get(topic)?.partitions.get(partition);
    if (image === undefined || image.leader < 0) return undefined;
    const broker = this.#image.cluster.broker(image.leader);
    const endpoint = broker?.endpoints.get(this.#listenerName);
    if (broker !== undefined && endpoint !== undefined && !broker.fenced) {
      const { host, port } = endpoint;
      this.#nodes.set(broker.id, { nodeId: broker.id, host, port, rack: broker.rack });
    }
    return { leaderId: image.leader, leaderEpoch: image.leaderEpoch };
  }

  get nodes(): NodeEndpoint[] {
    return [...this.#nodes.values()];
  }
}
