/**
 * The network between all machines: links, listening ports, and the making of connections. A connection needs packets
 * both ways, so none is made over a direction that is cut. The kernel of a machine accepts while its process is paused,
 * and refuses for one that is not there; a machine that is down answers nothing.
 */
import type { ConnectOptions, ListeningSocket, ListenOptions, Millis, Network, Socket } from '@tidelog/core';
import type { SeededRandom } from '@tidelog/core';
import type { Owner, Scheduler } from '../scheduler.ts';
import { healthyLink, Link } from './sim-link.ts';
import { SimSocket } from './sim-socket.ts';

/** A life of a process, and the machine that it runs on. */
export interface Process {
  readonly host: string;
  readonly owner: Owner;
}

interface Listener {
  readonly owner: Owner;
  readonly accept: (socket: Socket) => void;
}

const firstSynRetryMs = 1000;
const kernelConnectTimeoutMs = 127_000;
const firstEphemeralPort = 32_768;

export class Fabric {
  readonly #scheduler: Scheduler;
  readonly #random: SeededRandom;
  readonly #links = new Map<string, Link>();
  readonly #listeners = new Map<string, Listener>();
  readonly #sockets = new Map<Owner, Set<SimSocket>>();
  readonly #hosts = new Map<Owner, string>();
  readonly #held = new Set<SimSocket>();
  readonly #down = new Set<string>();
  #nextPort = firstEphemeralPort;

  constructor(scheduler: Scheduler, random: SeededRandom) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  link(from: string, to: string): Link {
    const key = `${from}>${to}`;
    let link = this.#links.get(key);
    if (link === undefined) this.#links.set(key, (link = new Link(this.#random.fork())));
    return link;
  }

  links(): Iterable<Link> {
    return this.#links.values();
  }

  /** All that live. */
  processes(): Process[] {
    return Array.from(this.#hosts, ([owner, host]) => ({ owner, host }));
  }

  /** The open connections of a process: its ends of them. */
  socketsOf(owner: Owner): SimSocket[] {
    return [...(this.#sockets.get(owner) ?? [])].filter(({ isClosed }) => !isClosed);
  }

  networkOf(host: string, owner: Owner): Network {
    this.#hosts.set(owner, host);
    return {
      listen: (options, onConnection) => this.#listen(host, owner, options, onConnection),
      connect: (options) => this.#connect(host, owner, options),
    };
  }

  isUp(host: string): boolean {
    return !this.#down.has(host);
  }

  setPower(host: string, up: boolean): void {
    if (up) this.#down.delete(host);
    else this.#down.add(host);
  }

  /** The process is gone with its ports and sockets; `announced`: its machine lives and tells the peers. */
  abandon(owner: Owner, announced: boolean): void {
    for (const [key, listener] of this.#listeners) if (listener.owner === owner) this.#listeners.delete(key);
    for (const socket of this.#sockets.get(owner) ?? []) socket.abandon(announced);
    this.#sockets.delete(owner);
    this.#hosts.delete(owner);
  }

  /** What these ends have sent gets no further until `release`. */
  hold(sockets: readonly SimSocket[]): void {
    for (const socket of sockets) {
      socket.out.hold();
      this.#held.add(socket);
    }
  }

  release(sockets: Iterable<SimSocket>): void {
    for (const socket of sockets) {
      socket.out.release();
      this.#held.delete(socket);
    }
  }

  /** Nothing happens to connections any more, nor to the ways between machines. */
  heal(): void {
    for (const { settings } of this.#links.values()) Object.assign(settings, { ...healthyLink, cut: settings.cut });
    for (const link of this.#links.values()) link.heal();
    this.release(this.#held);
    for (const sockets of this.#sockets.values()) for (const socket of sockets) socket.losesNextAnswer = false;
  }

  /** Resets some connections of the process, as a middlebox would; answers how many. */
  resetSome(owner: Owner, share: number): number {
    let count = 0;
    for (const socket of this.#sockets.get(owner) ?? []) {
      if (socket.isClosed || this.#random.next() >= share) continue;
      socket.destroyedByNetwork();
      count++;
    }
    return count;
  }

  #listen(
    host: string,
    owner: Owner,
    options: ListenOptions,
    onConnection: (socket: Socket) => void,
  ): Promise<ListeningSocket> {
    const port = options.port === 0 ? this.#nextPort++ : options.port;
    const key = `${host}:${port}`;
    return new Promise((resolve, reject) => {
      const taken = this.#listeners.has(key);
      if (!taken) this.#listeners.set(key, { owner, accept: onConnection });
      this.#scheduler.after(0.05, owner, 'listen', () => {
        if (taken) return reject(new Error(`EADDRINUSE: ${key}`));
        resolve({
          port,
          close: () => {
            this.#listeners.delete(key);
            return new Promise((closed) => void this.#scheduler.after(0.05, owner, 'closed', closed));
          },
        });
      });
    });
  }

  #connect(host: string, owner: Owner, options: ConnectOptions): Socket {
    const forth = this.link(host, options.host);
    const back = this.link(options.host, host);
    const scheduler = this.#scheduler;
    const client = new SimSocket({
      scheduler,
      owner,
      remoteAddress: options.host,
      remotePort: options.port,
      links: { forth, back },
      isDialed: true,
      machineIsUp: () => this.isUp(host),
    });
    this.#remember(client);
    const timeoutMs = Math.min(options.timeoutMs ?? Infinity, kernelConnectTimeoutMs);
    let stands = false;
    scheduler.after(timeoutMs, owner, 'timeout', () => {
      if (!stands) client.failed(new Error(`no connection to ${options.host}:${options.port} within ${timeoutMs} ms`));
    });
    const attempt = (retryMs: Millis): void => {
      if (client.isClosed || owner.dead) return;
      if (forth.isCut || back.isCut || !this.isUp(options.host)) {
        scheduler.after(retryMs, undefined, 'packet', () => attempt(retryMs * 2));
        return;
      }
      stands = this.#handshake(client, { host, port: this.#nextPort++ }, options);
    };
    scheduler.after(forth.delayMs(0), undefined, 'packet', () => attempt(firstSynRetryMs));
    return client;
  }

  /** The first packet has reached the other machine; false when it refuses. */
  #handshake(client: SimSocket, from: { host: string; port: number }, to: ConnectOptions): boolean {
    const forth = this.link(from.host, to.host);
    const back = this.link(to.host, from.host);
    const listener = this.#listeners.get(`${to.host}:${to.port}`);
    if (listener === undefined) {
      const refused = new Error(`ECONNREFUSED ${to.host}:${to.port}`);
      this.#scheduler.after(back.delayMs(0), undefined, 'packet', () => client.failed(refused));
      return false;
    }
    const server = new SimSocket({
      scheduler: this.#scheduler,
      owner: listener.owner,
      remoteAddress: from.host,
      remotePort: from.port,
      links: { forth: back, back: forth },
      isDialed: false,
      machineIsUp: () => this.isUp(to.host),
    });
    this.#remember(server);
    client.pairWith(server);
    server.pairWith(client);
    this.#scheduler.after(0, listener.owner, 'accept', () => {
      if (!server.isClosed) listener.accept(server);
    });
    server.opened(false);
    this.#scheduler.after(back.delayMs(0), undefined, 'packet', () => client.opened(true));
    return true;
  }

  #remember(socket: SimSocket): void {
    let sockets = this.#sockets.get(socket.owner);
    if (sockets === undefined) this.#sockets.set(socket.owner, (sockets = new Set()));
    if (sockets.size > 64) for (const old of sockets) if (old.isClosed) sockets.delete(old);
    sockets.add(socket);
  }
}
