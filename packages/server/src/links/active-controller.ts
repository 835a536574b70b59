/**
 * Requests to the active controller, wherever the quorum says it is now. Waits for one to be known; a rejection means
 * that nothing is known of the outcome, and whoever asked tries again.
 */
import type { Millis, World } from '@tidelog/core';
import { NetworkError, type Connections } from '@tidelog/net';
import type { Api, RequestInputOf, ResponseOf } from '@tidelog/protocol';
import type { RaftNode } from '@tidelog/raft';
import type { ControllerChannel, SendOptions } from '@tidelog/broker';

export interface ActiveControllerOptions {
  readonly world: World;
  readonly raft: RaftNode;
  readonly connections: Connections;
  /** controller.socket.timeout.ms */
  readonly timeoutMs: Millis;
}

const lookAgainMs = 20;

export class ActiveController implements ControllerChannel {
  readonly #options: ActiveControllerOptions;

  constructor(options: ActiveControllerOptions) {
    this.#options = options;
  }

  async send<A extends Api>(api: A, request: RequestInputOf<A>, options: SendOptions = {}): Promise<ResponseOf<A>> {
    const { world, raft, connections } = this.#options;
    const timeoutMs = options.timeoutMs ?? this.#options.timeoutMs;
    const deadline = world.clock.monotonic() + timeoutMs;
    for (;;) {
      const to = raft.leaderEndpoint();
      const left = deadline - world.clock.monotonic();
      if (left <= 0) throw new NetworkError('timeout', `no active controller is known after ${timeoutMs} ms`);
      if (to !== undefined) return connections.send(to, api, request, { ...options, timeoutMs: left });
      await new Promise<void>((resolve) => void world.timers.after(Math.min(lookAgainMs, left), resolve));
    }
  }
}
