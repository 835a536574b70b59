/**
 * Decides when a broker registers, sends heartbeats and may serve or leave.
 *
 *   starting ──register──▶ registering ──registered──▶ fenced ──heartbeat says unfenced──▶ running
 *                              ▲  │ refused for good ─▶ failed        ▲                       │ shutdownRequested
 *                              └──┴──────── stale epoch ──────────────┴───────────────────────┤
 *                                                                                             ▼
 *                                                     stopped ◀──shouldShutDown── leaving (heartbeats: wantShutDown)
 *
 * A heartbeat goes out as soon as it can change something (the broker has caught up with its own registration, or wants
 * to leave), not only every broker.heartbeat.interval.ms: a cold start waits for nothing. One request is in flight at a
 * time. Clock: monotonic.
 */
import type { Core, Millis } from '@tidelog/core';

export type LifecycleState = 'starting' | 'registering' | 'fenced' | 'running' | 'leaving' | 'stopped' | 'failed';

export interface HeartbeatAnswer {
  /** The broker knows by its metadata what it leads and what not. */
  readonly isCaughtUp: boolean;
  readonly isFenced: boolean;
  readonly shouldShutDown: boolean;
}

export type LifecycleInput =
  | { readonly kind: 'started' }
  | { readonly kind: 'registered'; readonly brokerEpoch: number }
  | { readonly kind: 'registrationFailed'; readonly retriable: boolean; readonly detail: string }
  /** The image contains everything up to this offset, and this broker registered with that epoch (-1: not at all). */
  | { readonly kind: 'metadataApplied'; readonly offset: number; readonly brokerEpoch: number }
  | ({ readonly kind: 'heartbeatAnswered' } & HeartbeatAnswer)
  | { readonly kind: 'heartbeatFailed'; readonly mustRegister: boolean }
  | { readonly kind: 'directoriesFailed' }
  /** There is another active controller, which must hear of this broker soon. */
  | { readonly kind: 'controllerChanged' }
  /** The connection to the controller broke: until it hears of this broker again it takes it for dead. */
  | { readonly kind: 'controllerLost' }
  | { readonly kind: 'shutdownRequested' }
  | { readonly kind: 'ticked' };

export type LifecycleEffect =
  | { readonly kind: 'sendRegistration' }
  | { readonly kind: 'sendHeartbeat'; readonly wantShutDown: boolean; readonly currentMetadataOffset: number }
  | { readonly kind: 'changed'; readonly state: LifecycleState; readonly detail: string };

export interface LifecycleTimings {
  readonly heartbeatIntervalMs: Millis;
  /** broker.session.timeout.ms */
  readonly sessionTimeoutMs: Millis;
  /** Between attempts to register or to become unfenced. */
  readonly retryMs: Millis;
  /** How long leaving may take before the broker stops without the controller's leave. */
  readonly shutdownTimeoutMs: Millis;
  /** The same while no controller answers at all, as when the whole cluster is being stopped. */
  readonly shutdownWithoutControllerMs: Millis;
}

export class LifecycleCore implements Core<LifecycleInput, LifecycleEffect> {
  readonly #timings: LifecycleTimings;
  #state: LifecycleState = 'starting';
  #brokerEpoch = -1;
  #metadataOffset = -1;
  #epochInImage = -1;
  #inFlight = false;
  #nextSendAt: Millis = Infinity;
  #leaveSince: Millis = Infinity;
  #leaveUntil: Millis = Infinity;

  constructor(timings: LifecycleTimings) {
    this.#timings = timings;
  }

  get state(): LifecycleState {
    return this.#state;
  }

  /** The epoch of the current registration; -1 before it. */
  get brokerEpoch(): number {
    return this.#brokerEpoch;
  }

  nextDeadline(): Millis {
    return Math.min(this.#inFlight ? Infinity : this.#nextSendAt, this.#leaveUntil);
  }

  step(input: LifecycleInput, now: Millis, out: LifecycleEffect[]): void {
    if (this.#state === 'stopped' || this.#state === 'failed') return;
    this.#take(input, now, out);
    if (now >= this.#leaveUntil) this.#become('stopped', 'the controller did not let go of this broker in time', out);
    else if (!this.#inFlight && now >= this.#nextSendAt) this.#send(out);
  }

  #take(input: LifecycleInput, now: Millis, out: LifecycleEffect[]): void {
    switch (input.kind) {
      case 'started':
        this.#become('registering', 'registering with the controller', out);
        this.#nextSendAt = now;
        return;
      case 'registered':
        return this.#onRegistered(input.brokerEpoch, now, out);
      case 'registrationFailed':
        this.#inFlight = false;
        if (!input.retriable) this.#become('failed', input.detail, out);
        else this.#nextSendAt = now + this.#timings.retryMs;
        return;
      case 'metadataApplied':
        return this.#onMetadata(input, now);
      case 'heartbeatAnswered':
        return this.#onHeartbeatAnswered(input, now, out);
      case 'heartbeatFailed':
        return this.#onHeartbeatFailed(input.mustRegister, now, out);
      case 'directoriesFailed':
        if (this.#brokerEpoch >= 0) this.#nextSendAt = now;
        return;
      case 'controllerChanged':
        // What is in flight went to the former controller, which may never answer.
        this.#inFlight = false;
        if (this.#state !== 'starting') this.#nextSendAt = now;
        return;
      case 'controllerLost':
        // What was in flight has failed, and is tried again anyway.
        if (this.#state !== 'starting' && !this.#inFlight) this.#nextSendAt = now;
        return;
      case 'shutdownRequested':
        return this.#onShutdownRequested(now, out);
      case 'ticked':
        return;
    }
  }

  #onRegistered(brokerEpoch: number, now: Millis, out: LifecycleEffect[]): void {
    this.#inFlight = false;
    this.#brokerEpoch = brokerEpoch;
    // The next heartbeat waits for the image to contain the registration: before that it could not unfence.
    this.#nextSendAt = this.#epochInImage === brokerEpoch ? now : Infinity;
    if (this.#state === 'registering') this.#become('fenced', `registered with epoch ${brokerEpoch}`, out);
  }

  #onMetadata(input: { offset: number; brokerEpoch: number }, now: Millis): void {
    this.#metadataOffset = input.offset;
    if (input.brokerEpoch === this.#epochInImage) return;
    this.#epochInImage = input.brokerEpoch;
    if (this.#brokerEpoch >= 0 && this.#epochInImage === this.#brokerEpoch) this.#nextSendAt = now;
  }

  #onHeartbeatAnswered(
    { isCaughtUp, isFenced, shouldShutDown }: HeartbeatAnswer,
    now: Millis,
    out: LifecycleEffect[],
  ): void {
    this.#inFlight = false;
    const settled = this.#state !== 'leaving' && isCaughtUp && !isFenced;
    this.#nextSendAt = now + (settled ? this.#timings.heartbeatIntervalMs : this.#timings.retryMs);
    if (this.#state === 'leaving') {
      this.#leaveUntil = this.#leaveSince + this.#timings.shutdownTimeoutMs;
      if (shouldShutDown) this.#become('stopped', 'the controller let go of this broker', out);
      return;
    }
    if (this.#state === 'fenced' && !isFenced) this.#become('running', 'unfenced', out);
    else if (this.#state === 'running' && isFenced) this.#become('fenced', 'the controller fenced this broker', out);
  }

  #onHeartbeatFailed(mustRegister: boolean, now: Millis, out: LifecycleEffect[]): void {
    this.#inFlight = false;
    this.#nextSendAt = now + this.#timings.retryMs;
    if (this.#state === 'leaving') {
      this.#leaveUntil = Math.min(this.#leaveUntil, now + this.#timings.shutdownWithoutControllerMs);
      return;
    }
    if (!mustRegister) return;
    this.#brokerEpoch = -1;
    this.#become('registering', 'the controller does not know this registration (any more)', out);
  }

  #onShutdownRequested(now: Millis, out: LifecycleEffect[]): void {
    if (this.#brokerEpoch < 0) return this.#become('stopped', 'never registered', out);
    if (this.#state === 'leaving') return;
    this.#become('leaving', 'asking the controller to move leaderships away', out);
    this.#leaveSince = now;
    this.#leaveUntil = now + this.#timings.shutdownTimeoutMs;
    this.#nextSendAt = now;
  }

  #send(out: LifecycleEffect[]): void {
    this.#inFlight = true;
    this.#nextSendAt = Infinity;
    if (this.#state === 'registering') out.push({ kind: 'sendRegistration' });
    else {
      const wantShutDown = this.#state === 'leaving';
      out.push({ kind: 'sendHeartbeat', wantShutDown, currentMetadataOffset: this.#metadataOffset });
    }
  }

  #become(state: LifecycleState, detail: string, out: LifecycleEffect[]): void {
    this.#state = state;
    if (state === 'stopped' || state === 'failed') {
      this.#nextSendAt = Infinity;
      this.#leaveUntil = Infinity;
    }
    out.push({ kind: 'changed', state, detail });
  }
}
