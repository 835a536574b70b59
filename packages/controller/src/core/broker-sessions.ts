/**
 * What the active controller knows of each broker's life: when it was last heard of, how far it has read the metadata,
 * whether its connection broke. Soft state: never replicated, never rolled back, begun anew by each active controller,
 * which expects to hear of every unfenced broker soon: brokers send a heartbeat when they learn of a new controller.
 * For the same reason a new controller takes nobody for caught up who has not read what it found when it began.
 *
 *   heartbeat ─▶ fresh ──(silent for the session timeout)──▶ expired: fence
 *                  └──(connection broke)─▶ grace ──(no heartbeat)──▶ expired: fence
 *   new controller ─▶ expected ──(not heard of for the failover grace)──▶ expired: fence
 */
import type { Millis } from '@tidelog/core';
import type { ControllerConfig } from './controller-config.ts';

export interface Contact {
  readonly brokerId: number;
  readonly brokerEpoch: number;
  readonly metadataOffset: number;
  /** The connection that the heartbeat came by; -1 when it has none. */
  readonly connectionId: number;
}

interface Session {
  brokerEpoch: number;
  expiresAt: Millis;
  metadataOffset: number;
  /** The connection that it was last heard on; undefined when it was not heard since, or since the connection broke. */
  connectionId: number | undefined;
  /** The offset that all active brokers must have read before this one may stop; -1 when it is not stopping. */
  controlledShutdownOffset: number;
}

type Timeouts = Pick<
  ControllerConfig,
  'brokerSessionTimeoutMs' | 'brokerReconnectGraceMs' | 'controllerFailoverGraceMs'
>;

export class BrokerSessions {
  readonly #timeouts: Timeouts;
  readonly #sessions = new Map<number, Session>();
  /** Up to where a broker must have read to know what it leads no more: who was silent may believe that it does. */
  readonly #mustHaveRead = new Map<number, number>();
  #beganAt = -1;

  constructor(timeouts: Timeouts) {
    this.#timeouts = timeouts;
  }

  /** Expects to hear of a broker that is registered but was not heard of by this controller. */
  expect({ brokerId, brokerEpoch }: { brokerId: number; brokerEpoch: number }, now: Millis): void {
    const { brokerSessionTimeoutMs, controllerFailoverGraceMs } = this.#timeouts;
    const expiresAt = now + Math.min(brokerSessionTimeoutMs, controllerFailoverGraceMs);
    const unheard = { metadataOffset: -1, connectionId: undefined, controlledShutdownOffset: -1 };
    this.#sessions.set(brokerId, { brokerEpoch, expiresAt, ...unheard });
  }

  /** A heartbeat, or a registration, came in. */
  touch(contact: Contact, now: Millis): void {
    const { brokerId, brokerEpoch, metadataOffset, connectionId } = contact;
    const previous = this.#sessions.get(brokerId);
    const same = previous?.brokerEpoch === brokerEpoch ? previous : undefined;
    this.#sessions.set(brokerId, {
      brokerEpoch,
      expiresAt: now + this.#timeouts.brokerSessionTimeoutMs,
      metadataOffset: Math.max(metadataOffset, same?.metadataOffset ?? -1),
      connectionId,
      controlledShutdownOffset: same?.controlledShutdownOffset ?? -1,
    });
  }

  /** A connection broke: a broker that was last heard on it gets the time to reconnect, no more. */
  connectionLost(brokerId: number, connectionId: number, now: Millis): void {
    const session = this.#sessions.get(brokerId);
    if (session?.connectionId !== connectionId) return;
    session.connectionId = undefined;
    session.expiresAt = Math.min(session.expiresAt, now + this.#timeouts.brokerReconnectGraceMs);
  }

  /** This process stood still: what was sent meanwhile is still to be read. Half a session holds a heartbeat. */
  postpone(now: Millis): void {
    const atLeast = now + this.#timeouts.brokerSessionTimeoutMs / 2;
    for (const session of this.#sessions.values()) session.expiresAt = Math.max(session.expiresAt, atLeast);
  }

  /** A session that is over is looked at again then, not before. */
  lookAgainAt(brokerId: number, at: Millis): void {
    const session = this.#sessions.get(brokerId);
    if (session !== undefined) session.expiresAt = at;
  }

  remove(brokerId: number): void {
    this.#sessions.delete(brokerId);
  }

  /** Forgets everything; what an active controller knows begins with the metadata up to this offset. */
  clear({ beginAt = -1 }: { readonly beginAt?: number } = {}): void {
    this.#sessions.clear();
    this.#mustHaveRead.clear();
    this.#beganAt = beginAt;
  }

  /** The record at the offset, or one before it, takes leaderships from the broker. */
  leadershipsTaken(brokerId: number, offset: number): void {
    this.#mustHaveRead.set(brokerId, offset);
  }

  /** Whether a broker that has read so far knows what it leads. */
  isCaughtUp(brokerId: number, metadataOffset: number): boolean {
    return metadataOffset >= (this.#mustHaveRead.get(brokerId) ?? this.#beganAt);
  }

  /** Whether this very incarnation was heard of, and is still there as far as anybody can know. */
  isLive(brokerId: number, brokerEpoch: number, now: Millis): boolean {
    const session = this.#sessions.get(brokerId);
    return session?.brokerEpoch === brokerEpoch && session.connectionId !== undefined && session.expiresAt > now;
  }

  /** Brokers that are silent for too long. */
  expired(now: Millis): readonly number[] {
    return [...this.#sessions].filter(([, { expiresAt }]) => expiresAt <= now).map(([brokerId]) => brokerId);
  }

  nextExpiry(): Millis {
    let next = Infinity;
    for (const { expiresAt } of this.#sessions.values()) if (expiresAt < next) next = expiresAt;
    return next;
  }

  metadataOffset(brokerId: number): number {
    return this.#sessions.get(brokerId)?.metadataOffset ?? -1;
  }

  controlledShutdownOffset(brokerId: number): number {
    return this.#sessions.get(brokerId)?.controlledShutdownOffset ?? -1;
  }

  setControlledShutdownOffset(brokerId: number, offset: number): void {
    const session = this.#sessions.get(brokerId);
    if (session !== undefined) session.controlledShutdownOffset = Math.max(session.controlledShutdownOffset, offset);
  }
}
