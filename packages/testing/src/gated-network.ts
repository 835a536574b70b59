/**
 * Real sockets that end with their process, stand still with it, and are held up while the link to their peer is cut.
 * Who connects knows by the port which node it connects to, so its side holds up both directions of a connection.
 */
import {
  NodeNetwork,
  type ConnectOptions,
  type ListenOptions,
  type ListeningSocket,
  type Network,
  type Socket,
} from '@tidelog/core';
import type { Gate } from './gate.ts';
import { GatedSocket } from './gated-socket.ts';
import type { Links } from './links.ts';

export interface GatedNetworkOptions {
  readonly nodeId: number;
  readonly gate: Gate;
  readonly links: Links;
}

export class GatedNetwork implements Network {
  readonly #options: GatedNetworkOptions;
  readonly #network = new NodeNetwork();
  readonly #sockets = new Set<GatedSocket>();
  readonly #listening = new Set<ListeningSocket>();

  constructor(options: GatedNetworkOptions) {
    this.#options = options;
    options.gate.onKill(() => this.#release());
  }

  async listen(options: ListenOptions, onConnection: (socket: Socket) => void): Promise<ListeningSocket> {
    const { gate } = this.#options;
    const listening = await this.#network.listen(options, (inner) => {
      const socket = this.#adopt(inner, () => false);
      gate.pass(() => onConnection(socket));
    });
    if (gate.isDead) await listening.close();
    this.#listening.add(listening);
    return {
      port: listening.port,
      close: () => {
        this.#listening.delete(listening);
        return listening.close();
      },
    };
  }

  connect(options: ConnectOptions): Socket {
    const { nodeId, links, gate } = this.#options;
    const peer = links.ownerOf(options.port);
    const isCut = (): boolean => peer !== undefined && links.areCut(nodeId, peer);
    const socket = this.#adopt(this.#network.connect(options), isCut);
    const { timeoutMs } = options;
    if (timeoutMs !== undefined) socket.openWithin(timeoutMs);
    if (gate.isDead) socket.abandon();
    return socket;
  }

  #adopt(inner: Socket, isCut: () => boolean): GatedSocket {
    const { gate, links } = this.#options;
    const socket: GatedSocket = new GatedSocket(inner, {
      gate,
      isCut,
      onClosed: () => {
        stopWatching();
        this.#sockets.delete(socket);
      },
    });
    const stopWatching = links.watch(() => socket.onLinkChanged());
    this.#sockets.add(socket);
    return socket;
  }

  #release(): void {
    for (const listening of this.#listening) void listening.close();
    for (const socket of this.#sockets) socket.abandon();
  }
}
