/**
 * A listening socket and the connections that came by it. (Skeleton: public signatures.)
 */
import type { Logger, Metrics, Millis, World } from '@tidelog/core';
import type { Dispatcher } from './dispatcher.ts';
import type { NetworkLimits } from './limits.ts';

export interface KafkaListenerOptions {
  readonly world: World;
  /** The listener's name, as in `listeners`. */
  readonly name: string;
  readonly host: string;
  /** 0 takes a free one; `port` says which after start(). */
  readonly port: number;
  readonly dispatcher: Dispatcher;
  readonly limits?: Partial<NetworkLimits>;
  /** Requests that come by this listener are marked as coming from brokers and controllers. */
  readonly isPrivileged?: boolean;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export class KafkaListener {
  readonly options: KafkaListenerOptions;

  constructor(options: KafkaListenerOptions) {
    this.options = options;
  }

  /** The port that is listened on, after start(). */
  get port(): number {
    return this.options.port;
  }

  /** Rejects when the address cannot be had. */
  async start(): Promise<void> {}

  /** Stops accepting and reading, lets requests in flight finish for `graceMs` (default 5 s), then closes all. */
  async stop(_options?: { readonly graceMs?: Millis }): Promise<void> {}
}
