/**
 * A network namespace per broker, and a veth pair for each two of them and for each to this process: nothing is bridged
 * or forwarded, so no firewall of the machine is in between. A cut is a route that swallows packets. Needs root and
 * iproute2.
 */
import { spawnSync } from 'node:child_process';
import { nodeIds, type Links } from './links.ts';

const brokerPort = 9092;
const controllerPort = 9093;
const httpPort = 8080;
/** The last byte of this process' address, which reaches all brokers at all times. */
const clientNode = 254;

export class NamespaceLinks implements Links {
  readonly kind = 'namespaces';
  readonly #name: string;
  readonly #subnet: string;
  readonly #cuts = new Set<string>();

  private constructor() {
    this.#name = `tl${process.pid}`;
    this.#subnet = `10.${200 + (process.pid % 50)}.${process.pid % 250}`;
  }

  /** Undefined where namespaces cannot be had. */
  static create(): NamespaceLinks | undefined {
    if (process.getuid?.() !== 0 || spawnSync('ip', ['-V']).status !== 0) return undefined;
    const links = new NamespaceLinks();
    try {
      links.#setUp();
      return links;
    } catch {
      links.#tearDown();
      return undefined;
    }
  }

  settingsOf(nodeId: number): Readonly<Record<string, string>> {
    const address = this.#addressOf(nodeId);
    return {
      listeners: `PLAINTEXT://${address}:${brokerPort},CONTROLLER://${address}:${controllerPort}`,
      'controller.quorum.voters': nodeIds.map((id) => `${id}@${this.#addressOf(id)}:${controllerPort}`).join(','),
      'http.listeners': `http://${address}:${httpPort}`,
    };
  }

  launcherOf(nodeId: number): readonly string[] {
    return ['ip', 'netns', 'exec', this.#namespaceOf(nodeId)];
  }

  bootstrapOf(nodeId: number): string {
    return `${this.#addressOf(nodeId)}:${brokerPort}`;
  }

  httpOf(nodeId: number): string {
    return `http://${this.#addressOf(nodeId)}:${httpPort}`;
  }

  cut(from: number, to: number): void {
    this.#cuts.add(`${from} ${to}`);
    this.#inside(from, ['route', 'replace', 'blackhole', `${this.#addressOf(to)}/32`]);
  }

  heal(): void {
    for (const cut of this.#cuts) {
      const [from = 0, to = 0] = cut.split(' ').map(Number);
      this.#inside(from, ['route', 'del', 'blackhole', `${this.#addressOf(to)}/32`]);
      this.#restore(from, to);
    }
    this.#cuts.clear();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#tearDown();
    return Promise.resolve();
  }

  #setUp(): void {
    for (const id of nodeIds) {
      const namespace = this.#namespaceOf(id);
      ip(['netns', 'add', namespace]);
      this.#inside(id, ['link', 'set', 'lo', 'up']);
      this.#inside(id, ['addr', 'add', `${this.#addressOf(id)}/32`, 'dev', 'lo']);
      ip(['link', 'add', namespace, 'type', 'veth', 'peer', 'name', toNode(clientNode), 'netns', namespace]);
      ip(['addr', 'add', `${this.#addressOf(clientNode)}/32`, 'dev', namespace]);
      ip(['link', 'set', namespace, 'up']);
      ip(['route', 'add', `${this.#addressOf(id)}/32`, 'dev', namespace, 'src', this.#addressOf(clientNode)]);
      this.#inside(id, ['link', 'set', toNode(clientNode), 'up']);
      this.#restore(id, clientNode);
    }
    for (const one of nodeIds) {
      for (const other of nodeIds.filter((id) => id > one)) {
        const peer = ['peer', 'name', toNode(one), 'netns', this.#namespaceOf(other)];
        this.#inside(one, ['link', 'add', toNode(other), 'type', 'veth', ...peer]);
        for (const [from, to] of [
          [one, other],
          [other, one],
        ] as const) {
          this.#inside(from, ['link', 'set', toNode(to), 'up']);
          this.#restore(from, to);
        }
      }
    }
  }

  #tearDown(): void {
    for (const id of nodeIds) {
      spawnSync('ip', ['netns', 'del', this.#namespaceOf(id)]);
      spawnSync('ip', ['link', 'del', this.#namespaceOf(id)]);
    }
  }

  #restore(from: number, to: number): void {
    const route = [`${this.#addressOf(to)}/32`, 'dev', toNode(to), 'src', this.#addressOf(from)];
    this.#inside(from, ['route', 'replace', ...route]);
  }

  #inside(nodeId: number, args: readonly string[]): void {
    ip(['netns', 'exec', this.#namespaceOf(nodeId), 'ip', ...args]);
  }

  #namespaceOf(nodeId: number): string {
    return `${this.#name}-${nodeId}`;
  }

  #addressOf(nodeId: number): string {
    return `${this.#subnet}.${nodeId}`;
  }
}

/** The name of the interface that leads there. */
const toNode = (nodeId: number): string => `to-${nodeId}`;

function ip(args: readonly string[]): void {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
}
