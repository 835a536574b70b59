/**
 * Brokers on localhost that reach each other through proxies. Who connects is read from the client id of the first
 * request (`node-<id>-...` or `broker-<id>-...`), so that each pair and direction can be cut by itself: bytes of a cut
 * direction stay in the proxy's sockets until the link is healed.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePorts } from '../support/free-ports.ts';
import { nodeIds, type Links } from './links.ts';

interface Pair {
  readonly from: number;
  readonly to: number;
  readonly outward: Socket;
  readonly inward: Socket;
}

type Purpose = 'broker' | 'controller' | 'brokerProxy' | 'controllerProxy' | 'http' | 'client';
const purposes: readonly Purpose[] = ['broker', 'controller', 'brokerProxy', 'controllerProxy', 'http', 'client'];
/** Of a request's first bytes: length, api key, api version, correlation id. */
const clientIdAt = 12;

export class ProxyLinks implements Links {
  readonly kind = 'proxies';
  readonly #ports: ReadonlyMap<string, number>;
  readonly #servers: Server[] = [];
  readonly #pairs = new Set<Pair>();
  readonly #cuts = new Set<string>();

  private constructor(ports: ReadonlyMap<string, number>) {
    this.#ports = ports;
  }

  static async create(): Promise<ProxyLinks> {
    const keys = nodeIds.flatMap((id) => purposes.map((purpose) => `${purpose} ${id}`));
    const free = await freePorts(keys.length);
    const ports = new Map(keys.map((key, i) => [key, free[i] ?? 0]));
    const links = new ProxyLinks(ports);
    for (const id of nodeIds) {
      await links.#serve(id, { at: links.#port('brokerProxy', id), behind: links.#port('broker', id) });
      await links.#serve(id, { at: links.#port('controllerProxy', id), behind: links.#port('controller', id) });
    }
    return links;
  }

  settingsOf(nodeId: number): Readonly<Record<string, string>> {
    const at = (purpose: Purpose): string => `127.0.0.1:${this.#port(purpose, nodeId)}`;
    const voter = (id: number): string => `${id}@127.0.0.1:${this.#port('controllerProxy', id)}`;
    const internal = `INTERNAL://${at('brokerProxy')},CONTROLLER://${at('controllerProxy')}`;
    return {
      listeners: `PLAINTEXT://${at('client')},INTERNAL://${at('broker')},CONTROLLER://${at('controller')}`,
      'advertised.listeners': `PLAINTEXT://${at('client')},${internal}`,
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
      'inter.broker.listener.name': 'INTERNAL',
      'controller.quorum.voters': nodeIds.map(voter).join(','),
      'http.listeners': `http://${at('http')}`,
    };
  }

  launcherOf(): readonly string[] {
    return [];
  }

  bootstrapOf(nodeId: number): string {
    return `127.0.0.1:${this.#port('client', nodeId)}`;
  }

  httpOf(nodeId: number): string {
    return `http://127.0.0.1:${this.#port('http', nodeId)}`;
  }

  cut(from: number, to: number): void {
    this.#cuts.add(`${from} ${to}`);
    for (const pair of this.#pairs) this.#apply(pair);
  }

  heal(): void {
    this.#cuts.clear();
    for (const pair of this.#pairs) this.#apply(pair);
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) server.close();
    for (const { outward, inward } of this.#pairs) {
      outward.destroy();
      inward.destroy();
    }
    return Promise.resolve();
  }

  #port(purpose: Purpose, nodeId: number): number {
    return this.#ports.get(`${purpose} ${nodeId}`) ?? 0;
  }

  async #serve(nodeId: number, { at, behind }: { at: number; behind: number }): Promise<void> {
    const server = createServer({ noDelay: true, pauseOnConnect: true }, (outward) => {
      outward.on('error', () => outward.destroy());
      outward.once('data', (first: Buffer) => {
        outward.pause();
        this.#join({ outward, first, to: nodeId, behind });
      });
      outward.resume();
    });
    this.#servers.push(await listen(server, at));
  }

  #join({ outward, first, to, behind }: { outward: Socket; first: Buffer; to: number; behind: number }): void {
    const inward = connect({ host: '127.0.0.1', port: behind, noDelay: true });
    const pair = { from: clientOf(first), to, outward, inward };
    this.#pairs.add(pair);
    const end = (): void => {
      this.#pairs.delete(pair);
      outward.destroy();
      inward.destroy();
    };
    for (const socket of [outward, inward]) socket.on('close', end).on('error', end);
    outward.on('data', (chunk) => void inward.write(chunk));
    inward.on('data', (chunk) => void outward.write(chunk));
    inward.write(first);
    this.#apply(pair);
  }

  #apply({ from, to, outward, inward }: Pair): void {
    if (this.#cuts.has(`${from} ${to}`)) outward.pause();
    else outward.resume();
    if (this.#cuts.has(`${to} ${from}`)) inward.pause();
    else inward.resume();
  }
}

/** The node whose client id the first request carries; -1 for somebody else. */
function clientOf(first: Buffer): number {
  const text = first.toString('latin1', clientIdAt, clientIdAt + 40);
  return Number(/(?:node|broker)-(\d+)-/.exec(text)?.[1] ?? -1);
}

function listen(server: Server, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
