/**
 * One broker and controller of a test cluster, over its lives: production code in a world that can be stopped, killed
 * and paused without ending the test process.
 *
 *   down ──start──▶ starting ──▶ up ──stop──▶ stopping ──▶ down
 *                      └───── kill, fatal ───────┴───────▶ down
 */
import { MetricsRegistry, TidelogNode, type Properties, type ServerLogger } from '@tidelog/server';
import type { LogFields } from '@tidelog/core';
import { createGatedWorld } from './gated-world.ts';
import { Gate } from './gate.ts';
import type { Links } from './links.ts';

/** A line that a node has logged. */
export interface LogLine {
  readonly nodeId: number;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: LogFields;
  readonly message: string;
}

export interface TestNodeOptions {
  readonly nodeId: number;
  readonly texts: Properties;
  readonly clusterId: string;
  readonly links: Links;
  readonly onLog: (line: LogLine) => void;
}

export class TestNode {
  readonly nodeId: number;
  readonly #options: TestNodeOptions;
  #gate: Gate | undefined;
  #node: TidelogNode | undefined;
  #failure: Error | undefined;

  constructor(options: TestNodeOptions) {
    this.nodeId = options.nodeId;
    this.#options = options;
  }

  /** The production node while it serves. */
  get running(): TidelogNode | undefined {
    return this.#node;
  }

  /** Resolves when it serves. */
  async start(): Promise<void> {
    if (this.#gate !== undefined) throw new Error(`node ${this.nodeId} runs already`);
    const { nodeId, texts, clusterId, links } = this.#options;
    const gate = new Gate();
    this.#gate = gate;
    this.#failure = undefined;
    const killed = new Promise<never>((_, reject) => {
      gate.onKill(() => reject(this.#failure ?? new Error(`node ${nodeId} was killed before it was up`)));
    });
    killed.catch(() => undefined);
    const started = TidelogNode.start({
      world: createGatedWorld({ nodeId, gate, links }),
      texts,
      clusterId,
      logger: this.#loggerFor(gate),
      metrics: new MetricsRegistry(),
      format: true,
      onFatal: (error) => this.#die(gate, error),
    });
    try {
      const node = await Promise.race([started, killed]);
      if (this.#gate === gate) this.#node = node;
    } catch (error) {
      this.#die(gate, error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }

  /** As SIGTERM does: leaderships move away, the logs are flushed and marked clean. */
  async stop(): Promise<void> {
    const gate = this.#gate;
    const node = this.#node;
    this.#node = undefined;
    await node?.stop();
    if (this.#gate === gate) this.kill();
  }

  /** As SIGKILL does: nothing is flushed, nobody is told; peers see their connections break. */
  kill(): void {
    const gate = this.#gate;
    this.#gate = undefined;
    this.#node = undefined;
    gate?.kill();
  }

  /** As SIGSTOP does: connections stay open, nothing answers. */
  pause(): void {
    this.#gate?.pause();
  }

  resume(): void {
    this.#gate?.resume();
  }

  #die(gate: Gate, error: Error): void {
    if (this.#gate !== gate) return;
    this.#failure = error;
    this.#options.onLog({ nodeId: this.nodeId, level: 'error', fields: { err: error }, message: error.message });
    this.kill();
  }

  #loggerFor(gate: Gate): ServerLogger {
    const { nodeId, onLog } = this.#options;
    const at =
      (level: LogLine['level']) =>
      (fields: LogFields, message: string): void => {
        if (!gate.isDead) onLog({ nodeId, level, fields, message });
      };
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      open: () => Promise.resolve(),
    };
  }
}
