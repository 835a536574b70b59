/**
 * Requests under way: at most one of a kind per peer, each with a time after which it counts as failed, and a pause
 * after a failure. A change of role forgets them all, so an answer to a question of the past finds nobody listening.
 */
import type { PeerAddress } from './replica-key.ts';
import type { SentRequest } from './messages.ts';

export interface Call {
  readonly correlation: number;
  readonly to: PeerAddress;
  readonly request: SentRequest;
  readonly sentAt: number;
  readonly timeoutAt: number;
}

export class Calls {
  readonly #calls = new Map<number, Call>();
  readonly #busy = new Map<string, number>();
  readonly #pauses = new Map<string, number>();
  #nextCorrelation = 1;

  /** Whether a request of that kind may go to the peer now. */
  isIdle(kind: SentRequest['kind'], nodeId: number, now: number): boolean {
    const key = `${kind} ${nodeId}`;
    if (this.#busy.has(key)) return false;
    const pausedUntil = this.#pauses.get(key);
    if (pausedUntil === undefined) return true;
    if (pausedUntil > now) return false;
    this.#pauses.delete(key);
    return true;
  }

  begin({
    to,
    request,
    now,
    timeoutMs,
  }: {
    to: PeerAddress;
    request: SentRequest;
    now: number;
    timeoutMs: number;
  }): Call {
    const correlation = this.#nextCorrelation++;
    const call: Call = { correlation, to, request, sentAt: now, timeoutAt: now + timeoutMs };
    this.#calls.set(correlation, call);
    this.#busy.set(`${request.kind} ${to.nodeId}`, correlation);
    return call;
  }

  /** Takes a call out; undefined when it has been forgotten. */
  finish(correlation: number): Call | undefined {
    const call = this.#calls.get(correlation);
    if (call === undefined) return undefined;
    this.#calls.delete(correlation);
    this.#busy.delete(`${call.request.kind} ${call.to.nodeId}`);
    return call;
  }

  /** Requests of that kind to that peer wait until then. */
  pause(
    call: { readonly to: PeerAddress; readonly request: { readonly kind: SentRequest['kind'] } },
    until: number,
  ): void {
    this.#pauses.set(`${call.request.kind} ${call.to.nodeId}`, until);
  }

  /** Takes out the calls that have waited too long. */
  takeExpired(now: number): Call[] {
    const expired = [...this.#calls.values()].filter((call) => call.timeoutAt <= now);
    for (const call of expired) this.finish(call.correlation);
    return expired;
  }

  has(kind: SentRequest['kind']): boolean {
    for (const call of this.#calls.values()) if (call.request.kind === kind) return true;
    return false;
  }

  forgetAll(): void {
    this.#calls.clear();
    this.#busy.clear();
    this.#pauses.clear();
  }

  nextDeadline(): number {
    let next = Infinity;
    for (const call of this.#calls.values()) next = Math.min(next, call.timeoutAt);
    for (const until of this.#pauses.values()) next = Math.min(next, until);
    return next;
  }

  /** Pauses that are over need no tick any more. */
  dropEndedPauses(now: number): void {
    for (const [key, until] of this.#pauses) if (until <= now) this.#pauses.delete(key);
  }
}
