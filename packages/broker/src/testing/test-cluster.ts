/** Brokers that replicate from one another inside a test process, with links that can be cut. */
import type { Api, RequestInputOf, ResponseOf } from '@tidelog/protocol';
import { AllocateProducerIds, AlterPartition } from '@tidelog/protocol';
import type { ControllerChannel, PeerConnections } from '../channels.ts';
import { TestBroker, type TestBrokerOptions } from './test-broker.ts';
import { TestController } from './test-controller.ts';

export type ClusterOptions = Omit<TestBrokerOptions, 'nodeId' | 'controller' | 'peers' | 'directory'> & {
  readonly brokers: number;
};

export class TestCluster {
  readonly controller = new TestController();
  readonly #brokers = new Map<number, TestBroker>();
  readonly #cut = new Set<string>();
  readonly #options: ClusterOptions;
  /** Fetch requests that followers have sent. */
  fetches = 0;

  private constructor(options: ClusterOptions) {
    this.#options = options;
  }

  static async start(options: ClusterOptions): Promise<TestCluster> {
    const cluster = new TestCluster(options);
    for (let nodeId = 1; nodeId <= options.brokers; nodeId++) {
      cluster.controller.registerBroker(nodeId, nodeId * 100, `rack-${nodeId}`);
      await cluster.startBroker(nodeId);
    }
    return cluster;
  }

  async startBroker(nodeId: number, previous?: TestBroker): Promise<TestBroker> {
    const broker = await TestBroker.start({
      ...this.#options,
      nodeId,
      controller: this.#controllerChannel(),
      peers: this.#peersOf(nodeId),
      ...(previous !== undefined && { directory: previous.directory }),
    });
    this.#brokers.set(nodeId, broker);
    this.controller.addPublisher(broker.replicas);
    return broker;
  }

  async stopBroker(nodeId: number, how: { readonly clean?: boolean } = {}): Promise<TestBroker> {
    const broker = this.broker(nodeId);
    this.controller.removePublisher(broker.replicas);
    this.#brokers.delete(nodeId);
    await broker.stop(how);
    return broker;
  }

  broker(nodeId: number): TestBroker {
    const broker = this.#brokers.get(nodeId);
    if (broker === undefined) throw new Error(`broker ${nodeId} does not run`);
    return broker;
  }

  /** Cuts or heals the link on which one broker fetches from another. */
  cut(from: number, to: number): void {
    this.#cut.add(`${from}>${to}`);
  }

  heal(from: number, to: number): void {
    this.#cut.delete(`${from}>${to}`);
  }

  async stop(): Promise<void> {
    for (const nodeId of Array.from(this.#brokers.keys())) (await this.stopBroker(nodeId)).removeFiles();
  }

  #controllerChannel(): ControllerChannel {
    return {
      send: async <A extends Api>(api: A, request: RequestInputOf<A>): Promise<ResponseOf<A>> => {
        await Promise.resolve();
        if (this.controller.isDown) throw new Error('no controller');
        const version = api.latestStable;
        const decoded = api.request.decode(api.request.encode(request, version), version);
        const answer =
          api.key === AlterPartition.key
            ? this.controller.alterPartition(decoded as never)
            : api.key === AllocateProducerIds.key
              ? this.controller.allocateProducerIds()
              : { errorCode: 0, directories: [] };
        return api.response.decode(api.response.encode(answer, version), version) as ResponseOf<A>;
      },
    };
  }

  #peersOf(from: number): PeerConnections {
    const reach = async <A extends Api>(
      to: number,
      api: A,
      request: RequestInputOf<A>,
      version: number | undefined,
    ): Promise<ResponseOf<A>> => {
      await new Promise<void>((resolve) => this.broker(from).world.timers.endOfTurn(resolve));
      if (this.#cut.has(`${from}>${to}`)) throw new Error('the link is cut');
      this.fetches++;
      const response = await this.broker(to).request(api, request, version === undefined ? {} : { version });
      if (this.#cut.has(`${from}>${to}`)) throw new Error('the link is cut');
      return response;
    };
    return {
      open: (brokerId) => {
        let closed = false;
        return {
          send: async (api, request, options) => {
            if (closed) throw new Error('closed');
            return reach(brokerId, api, request, options?.version);
          },
          close: () => void (closed = true),
        };
      },
    };
  }
}
