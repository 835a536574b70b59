/**
 * Who may connect: max.connections, max.connections.per.ip with its overrides, and max.connection.creation.rate. It
 * counts; it does not know sockets. Above the rate a connection is admitted but must wait before it is read, like
 * Kafka's delayed accept; above a count it is refused.
 */
import type { Millis } from '@tidelog/core';
import type { NetworkLimits } from './limits.ts';

export type Admission =
  | { readonly kind: 'admitted'; readonly delayMs: Millis }
  | { readonly kind: 'refused'; readonly limit: 'max.connections' | 'max.connections.per.ip'; readonly value: number };

export class ConnectionGate {
  readonly #limits: NetworkLimits;
  readonly #byAddress = new Map<string, number>();
  #count = 0;
  /** When the next connection is in time for the rate; up to a second of it may be unused. */
  #nextAt = -Infinity;

  constructor(limits: NetworkLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#count;
  }

  admit(address: string, now: Millis): Admission {
    const { maxConnections, maxConnectionsPerIp, maxConnectionsPerIpOverrides } = this.#limits;
    if (this.#count >= maxConnections) return { kind: 'refused', limit: 'max.connections', value: maxConnections };
    const ofAddress = this.#byAddress.get(address) ?? 0;
    const perIp = maxConnectionsPerIpOverrides.get(address) ?? maxConnectionsPerIp;
    if (ofAddress >= perIp) return { kind: 'refused', limit: 'max.connections.per.ip', value: perIp };
    this.#count++;
    this.#byAddress.set(address, ofAddress + 1);
    return { kind: 'admitted', delayMs: this.#delay(now) };
  }

  release(address: string): void {
    this.#count--;
    const ofAddress = (this.#byAddress.get(address) ?? 1) - 1;
    if (ofAddress === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, ofAddress);
  }

  #delay(now: Millis): Millis {
    const intervalMs = 1000 / Math.max(this.#limits.maxConnectionCreationRate, 0.001);
    const at = Math.max(this.#nextAt, now - 1000);
    this.#nextAt = at + intervalMs;
    return Math.max(0, at - now);
  }
}
