/** Connections from this broker to others, by the addresses that the metadata names on the inter-broker listener. */
import type { Logger, World } from '@tidelog/core';
import type { MetadataImage } from '@tidelog/metadata';
import { Connection, NetworkError } from '@tidelog/net';
import type { Api, RequestInputOf, ResponseOf } from '@tidelog/protocol';
import type { PeerConnection, PeerConnections, SendOptions } from '@tidelog/broker';

export interface PeersOptions {
  readonly world: World;
  readonly logger: Logger;
  readonly nodeId: number;
  readonly listenerName: string;
  readonly image: () => MetadataImage;
}

export class Peers implements PeerConnections {
  readonly #options: PeersOptions;

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  open(brokerId: number, purpose: string): PeerConnection {
    return new Peer({ ...this.#options, brokerId, purpose });
  }
}

interface PeerOptions extends PeersOptions {
  readonly brokerId: number;
  readonly purpose: string;
}

/** Follows the broker to a new address when it registers again. */
class Peer implements PeerConnection {
  readonly #options: PeerOptions;
  #connection: Connection | undefined;
  #address = '';

  constructor(options: PeerOptions) {
    this.#options = options;
  }

  async send<A extends Api>(api: A, request: RequestInputOf<A>, options?: SendOptions): Promise<ResponseOf<A>> {
    return await this.#current().send(api, request, options);
  }

  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
    this.#address = '';
  }

  #current(): Connection {
    const { world, logger, nodeId, brokerId, purpose, listenerName, image } = this.#options;
    const endpoint = image().cluster.broker(brokerId)?.endpoints.get(listenerName);
    if (endpoint === undefined) {
      throw new NetworkError('connect', `broker ${brokerId} has no address on the listener ${listenerName}`);
    }
    const { host, port } = endpoint;
    const address = `${host}:${port}`;
    if (this.#connection === undefined || this.#address !== address) {
      this.#connection?.close();
      this.#address = address;
      this.#connection = new Connection({ world, logger, host, port, clientId: `broker-${nodeId}-${purpose}` });
    }
    return this.#connection;
  }
}
