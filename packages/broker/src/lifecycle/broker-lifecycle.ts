/**
 * The shell around the lifecycle core: sends registrations and heartbeats to the active controller, feeds the answers
 * back and tells the rest of the broker where it stands. Refuses to go on when the controller refuses this broker for
 * good (another cluster, another live broker with this id).
 */
import { Driver, RateLimitedLog, type Logger, type Millis, type Timer, type Uuid, type World } from '@tidelog/core';
import type { MetadataImage } from '@tidelog/metadata';
import { BrokerHeartbeat, BrokerRegistration, ErrorCode, errorName, isRetriable } from '@tidelog/protocol';
import type { ControllerChannel } from '../channels.ts';
import {
  LifecycleCore,
  type LifecycleEffect,
  type LifecycleInput,
  type LifecycleState,
  type LifecycleTimings,
} from './core/lifecycle-core.ts';
import { Standstill } from './core/standstill.ts';

export interface BrokerIdentity {
  readonly nodeId: number;
  readonly clusterId: string;
  readonly incarnationId: Uuid;
  readonly rack: string | null;
  readonly listeners: readonly { name: string; host: string; port: number; securityProtocol: number }[];
  readonly features: readonly { name: string; minSupportedVersion: number; maxSupportedVersion: number }[];
  readonly logDirs: readonly Uuid[];
  /** The epoch found in `.kafka_cleanshutdown`; -1 after an unclean stop (KIP-966). */
  readonly previousBrokerEpoch: number;
}

export interface LifecycleDeps {
  readonly world: World;
  readonly logger: Logger;
  readonly controller: ControllerChannel;
  readonly identity: BrokerIdentity;
  readonly timings: LifecycleTimings;
  readonly offlineLogDirs: () => readonly Uuid[];
  readonly onChange: (state: LifecycleState, detail: string) => void;
}

/** A controller that fails over meanwhile is asked anew well before an operator worries. */
const registrationTimeoutMs = 5000;

export class BrokerLifecycle {
  readonly #deps: LifecycleDeps;
  readonly #core: LifecycleCore;
  readonly #driver: Driver<LifecycleInput, LifecycleEffect>;
  readonly #standstill: Standstill;
  readonly #repeated: RateLimitedLog;
  #lookTimer: Timer | undefined;

  constructor(deps: LifecycleDeps) {
    this.#deps = deps;
    this.#core = new LifecycleCore(deps.timings);
    this.#repeated = new RateLimitedLog(deps.world, deps.logger);
    this.#standstill = new Standstill(deps.timings.sessionTimeoutMs, deps.world.clock.monotonic());
    this.#driver = new Driver({
      world: deps.world,
      core: this.#core,
      tick: { kind: 'ticked' },
      perform: (effects) => effects.forEach((effect) => this.#perform(effect)),
    });
  }

  get state(): LifecycleState {
    return this.#core.state;
  }

  get brokerEpoch(): number {
    return this.#core.brokerEpoch;
  }

  /** False after a standstill of this process, until the controller has answered: others may lead by now. */
  get mayLead(): boolean {
    return !this.#standstill.look(this.#now);
  }

  start(): void {
    this.#lookAgain();
    this.#driver.submit({ kind: 'started' });
  }

  requestShutdown(): void {
    this.#driver.submit({ kind: 'shutdownRequested' });
  }

  controllerChanged(): void {
    this.#driver.submit({ kind: 'controllerChanged' });
  }

  controllerLost(): void {
    this.#driver.submit({ kind: 'controllerLost' });
  }

  directoriesFailed(): void {
    this.#driver.submit({ kind: 'directoriesFailed' });
  }

  onMetadata(image: MetadataImage): void {
    const brokerEpoch = image.cluster.brokerEpoch(this.#deps.identity.nodeId);
    this.#driver.submit({ kind: 'metadataApplied', offset: image.offset, brokerEpoch });
  }

  stop(): void {
    this.#lookTimer?.cancel();
    this.#driver.stop();
  }

  get #now(): Millis {
    return this.#deps.world.clock.monotonic();
  }

  #lookAgain(): void {
    const { world, logger } = this.#deps;
    this.#lookTimer = world.timers.after(this.#standstill.intervalMs, () => {
      if (!this.mayLead)
        logger.warn({}, 'this process stood still: it leads nothing until the controller has answered');
      this.#lookAgain();
    });
  }

  #perform(effect: LifecycleEffect): void {
    if (effect.kind === 'changed') return this.#deps.onChange(effect.state, effect.detail);
    const sent = effect.kind === 'sendRegistration' ? this.#register() : this.#heartbeat(effect);
    void sent.then((input) => this.#driver.submit(input));
  }

  async #register(): Promise<LifecycleInput> {
    const { identity, controller, logger } = this.#deps;
    try {
      const response = await controller.send(
        BrokerRegistration,
        {
          brokerId: identity.nodeId,
          clusterId: identity.clusterId,
          incarnationId: identity.incarnationId,
          listeners: [...identity.listeners],
          features: [...identity.features],
          rack: identity.rack,
          logDirs: [...identity.logDirs],
          previousBrokerEpoch: identity.previousBrokerEpoch,
        },
        { timeoutMs: registrationTimeoutMs },
      );
      const { errorCode, brokerEpoch } = response;
      if (errorCode === ErrorCode.NONE) return { kind: 'registered', brokerEpoch };
      // Another live incarnation of this id may be a former self whose session has not run out yet.
      const retriable = isRetriable(errorCode) || errorCode === ErrorCode.DUPLICATE_BROKER_REGISTRATION;
      const detail = `the controller refused the registration of broker ${identity.nodeId}: ${errorName(errorCode)}`;
      const error = errorName(errorCode);
      this.#repeated.write('warn', `registration ${error}`, { error, retriable }, detail);
      return { kind: 'registrationFailed', retriable, detail };
    } catch (error) {
      logger.debug({ err: error }, 'no controller to register with yet');
      return { kind: 'registrationFailed', retriable: true, detail: String(error) };
    }
  }

  async #heartbeat(effect: { wantShutDown: boolean; currentMetadataOffset: number }): Promise<LifecycleInput> {
    const { identity, controller, logger, offlineLogDirs, timings } = this.#deps;
    const sentAt = this.#now;
    this.#standstill.look(sentAt);
    try {
      const response = await controller.send(
        BrokerHeartbeat,
        {
          brokerId: identity.nodeId,
          brokerEpoch: this.#core.brokerEpoch,
          currentMetadataOffset: effect.currentMetadataOffset,
          wantFence: false,
          wantShutDown: effect.wantShutDown,
          offlineLogDirs: [...offlineLogDirs()],
        },
        { timeoutMs: heartbeatTimeoutMs(timings) },
      );
      const { errorCode, isCaughtUp, isFenced, shouldShutDown } = response;
      this.#standstill.look(this.#now);
      if (errorCode === ErrorCode.NONE && isCaughtUp && !isFenced) this.#standstill.onConfirmed(sentAt);
      if (errorCode === ErrorCode.NONE) return { kind: 'heartbeatAnswered', isCaughtUp, isFenced, shouldShutDown };
      const error = errorName(errorCode);
      this.#repeated.write('warn', `heartbeat ${error}`, { error }, 'the controller refused a heartbeat');
      const mustRegister =
        errorCode === ErrorCode.STALE_BROKER_EPOCH || errorCode === ErrorCode.BROKER_ID_NOT_REGISTERED;
      return { kind: 'heartbeatFailed', mustRegister };
    } catch (error) {
      logger.debug({ err: error }, 'a heartbeat got no answer');
      return { kind: 'heartbeatFailed', mustRegister: false };
    }
  }
}

/**
 * Giving a heartbeat up closes its connection, which the controller takes for a sign of death: a controller that is
 * slow gets as much time as leaves room for a second heartbeat in the session.
 */
function heartbeatTimeoutMs({ heartbeatIntervalMs, sessionTimeoutMs }: LifecycleTimings): Millis {
  return Math.max(heartbeatIntervalMs, sessionTimeoutMs / 2);
}
