/**
 * When the active controller acts of its own accord: fences silent brokers, moves leaderships back to the preferred
 * replicas, elects where only an unclean leader can be had, and keeps the log moving if that is asked for.
 *
 * A tick that comes late means that this process stood still (a pause, a long collection). The brokers' heartbeats of
 * that time wait unread in its sockets, so their sessions are not over yet.
 */
import type { Core, Millis } from '@tidelog/core';
import type { BrokerSessions } from './broker-sessions.ts';
import type { ControllerConfig } from './controller-config.ts';

export type PeriodicInput =
  | { readonly kind: 'activated' }
  | { readonly kind: 'deactivated' }
  /** Something was appended. */
  | { readonly kind: 'appended' }
  /** A session may end earlier than it would have. */
  | { readonly kind: 'sessionsChanged' }
  /** The last round of balancing moved as much as it may at once: there is more to do. */
  | { readonly kind: 'balanceUnfinished' }
  | { readonly kind: 'ticked' };

export type PeriodicWork = 'fenceStaleBrokers' | 'balancePreferredLeaders' | 'electUncleanLeaders' | 'writeNoOp';

const lateMs = 500;

export class PeriodicCore implements Core<PeriodicInput, PeriodicWork> {
  readonly #config: ControllerConfig;
  readonly #sessions: BrokerSessions;
  #active = false;
  #balanceAt: Millis = Infinity;
  #uncleanAt: Millis = Infinity;
  #noOpAt: Millis = Infinity;

  constructor(config: ControllerConfig, sessions: BrokerSessions) {
    this.#config = config;
    this.#sessions = sessions;
  }

  step(input: PeriodicInput, now: Millis, out: PeriodicWork[]): void {
    switch (input.kind) {
      case 'activated':
        this.#active = true;
        this.#balanceAt = this.#nextBalance(now);
        this.#uncleanAt = now + this.#config.uncleanLeaderElectionIntervalMs;
        this.#noOpAt = this.#nextNoOp(now);
        return;
      case 'deactivated':
        this.#active = false;
        return;
      case 'appended':
        this.#noOpAt = this.#nextNoOp(now);
        return;
      case 'balanceUnfinished':
        this.#balanceAt = now;
        return;
      case 'sessionsChanged':
        return;
      case 'ticked':
        this.#tick(now, out);
    }
  }

  nextDeadline(): Millis {
    if (!this.#active) return Infinity;
    return Math.min(this.#sessions.nextExpiry(), this.#balanceAt, this.#uncleanAt, this.#noOpAt);
  }

  #tick(now: Millis, out: PeriodicWork[]): void {
    if (now - this.nextDeadline() > lateMs) this.#sessions.postpone(now);
    if (this.#sessions.nextExpiry() <= now) out.push('fenceStaleBrokers');
    if (this.#balanceAt <= now) {
      this.#balanceAt = this.#nextBalance(now);
      out.push('balancePreferredLeaders');
    }
    if (this.#uncleanAt <= now) {
      this.#uncleanAt = now + this.#config.uncleanLeaderElectionIntervalMs;
      out.push('electUncleanLeaders');
    }
    if (this.#noOpAt <= now) {
      this.#noOpAt = this.#nextNoOp(now);
      out.push('writeNoOp');
    }
  }

  #nextBalance(now: Millis): Millis {
    const { autoLeaderRebalanceEnable, leaderImbalanceCheckIntervalMs } = this.#config;
    return autoLeaderRebalanceEnable ? now + leaderImbalanceCheckIntervalMs : Infinity;
  }

  #nextNoOp(now: Millis): Millis {
    const { maxIdleIntervalMs } = this.#config;
    return maxIdleIntervalMs > 0 ? now + maxIdleIntervalMs : Infinity;
  }
}
