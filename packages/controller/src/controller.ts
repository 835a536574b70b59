/**
 * The controller of one node: decides about metadata while its node leads the quorum, follows along while it does not.
 *
 *              the quorum elects this node, all before is replayed
 *   standby ────────────────────────────────────────────────────────▶ active
 *      ▲        replays what others commit                              │ decides, appends, answers when committed
 *      └────────────────────────────────────────────────────────────────┘
 *        leadership lost, or an append refused: uncommitted decisions are dropped, who waits gets NOT_CONTROLLER
 *
 * Everything it decides is in core/; this shell encodes, appends, waits and keeps the deadlines.
 */
import { Driver, firstStepOf, noMetrics, type Logger, type Metrics, type Steps, type World } from '@tidelog/core';
import {
  decodeRecord,
  encodeRecord,
  snapshotValues,
  type AnyMetadataRecord,
  type MetadataImage,
  type MetadataRecord,
} from '@tidelog/metadata';
import { Dispatcher, type BoundHandler } from '@tidelog/net';
import { ErrorCode } from '@tidelog/protocol';
import {
  BatchTooLargeError,
  NotLeaderError,
  type CommittedBatch,
  type LeaderChange,
  type RaftNode,
  type RaftNodeState,
  type SnapshotReader,
} from '@tidelog/raft';
import type { Refuse } from './api/controller-deps.ts';
import { envelopeHandler } from './api/envelope.ts';
import { controllerHandlers } from './api/handlers.ts';
import { CommitQueue } from './commit-queue.ts';
import { publishMetrics, type ControllerCounters } from './controller-metrics.ts';
import { BrokerSessions } from './core/broker-sessions.ts';
import type { ControllerConfig } from './core/controller-config.ts';
import { ControllerState } from './core/controller-state.ts';
import type { Decision, DecisionContext } from './core/decision.ts';
import { decideBalancePreferredLeaders } from './core/decisions/balance-preferred-leaders.ts';
import { decideBootstrap } from './core/decisions/bootstrap.ts';
import { decideFenceStaleBroker } from './core/decisions/fence-stale-brokers.ts';
import { decideUncleanElections } from './core/decisions/unclean-elections.ts';
import { PeriodicCore, type PeriodicInput, type PeriodicWork } from './core/periodic-work.ts';

export interface ControllerOptions {
  readonly world: World;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly raft: RaftNode;
  readonly nodeId: number;
  readonly clusterId: string;
  readonly config: ControllerConfig;
  /** Committed metadata cannot be read or replayed: the process should stop. */
  readonly onFatal: (error: Error) => void;
}

/** A batch holds so many records at most, unless its decision must be one batch. */
const recordsPerBatch = 10_000;
/** So many records are decoded before the loop may be given back. */
const recordsPerStep = 256;
/** Between two parts of a decision that is too long for one turn. */
const partPauseMs = 2;

export class Controller {
  readonly #options: ControllerOptions;
  readonly #state = new ControllerState();
  readonly #sessions: BrokerSessions;
  readonly #commits = new CommitQueue();
  readonly #counters: ControllerCounters;
  readonly #periodic: Driver<PeriodicInput, PeriodicWork>;
  #unsubscribe: (() => void) | undefined;
  /** The epoch in which this node leads and decides; undefined on standby. */
  #activeEpoch: number | undefined;
  #lastAppended = -1;
  readonly #awaitingActivation: (() => void)[] = [];

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#sessions = new BrokerSessions(options.config);
    this.#periodic = new Driver({
      world: options.world,
      core: new PeriodicCore(options.config, this.#sessions),
      tick: { kind: 'ticked' },
      perform: (work) => this.#guarded(() => work.forEach((item) => this.#perform(item))),
    });
    this.#counters = publishMetrics(options.metrics ?? noMetrics, {
      state: this.#state,
      isActive: () => this.isActive,
    });
  }

  /** Whether this node decides now. */
  get isActive(): boolean {
    return this.#activeEpoch !== undefined;
  }

  /** The epoch in which this node decides; undefined on standby. */
  get activeEpoch(): number | undefined {
    return this.#activeEpoch;
  }

  /** The committed metadata as this controller has replayed it. */
  get image(): MetadataImage {
    return this.#state.committed;
  }

  /** Subscribes to the quorum; call it before `raft.start()` or after, once. */
  start(): void {
    this.#unsubscribe = this.#options.raft.subscribe({
      onCommitted: (batch) => this.#onCommitted(batch),
      onSnapshot: (snapshot) => this.#guarded(() => this.#onSnapshot(snapshot)),
      onLeaderChange: (change) => this.#guarded(() => this.#onLeaderChange(change)),
      onSnapshotDue: () => this.#writeSnapshot(),
    });
  }

  /** Ends the subscription and the timers; what waits for a commit is answered with NOT_CONTROLLER. */
  stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#becomeStandby();
    for (const resolve of this.#awaitingActivation.splice(0)) resolve();
    this.#periodic.stop();
  }

  /**
   * Everything that the controller listener serves besides the quorum's own RPCs. Brokers also forward what others
   * answer (DescribeQuorum, AddRaftVoter ...): those handlers are given here, and stay for the caller to list.
   */
  handlers(others: readonly BoundHandler[] = []): readonly BoundHandler[] {
    const { world, logger, metrics = noMetrics, nodeId, clusterId, raft } = this.#options;
    const own = controllerHandlers({
      controller: this,
      nodeId,
      clusterId,
      logger,
      quorum: () => this.#quorum(),
      kraftVersion: {
        refuse: (version) => raft.refuseKraftVersion({ epoch: this.#activeEpoch ?? -1, version }),
        raise: (version) => raft.upgradeKraftVersion({ epoch: this.#activeEpoch ?? -1, version }),
      },
    });
    const dispatcher = new Dispatcher({
      world,
      logger,
      metrics,
      listenerKind: 'controller',
      handlers: [...own, ...others],
    });
    return [...own, envelopeHandler({ controller: this, dispatcher, clock: world.clock })];
  }

  /**
   * Decides, appends the records as one atomic batch, and gives the response when they are committed. A decision
   * without records waits for the uncommitted ones that it may have seen.
   */
  write<Response>(
    decide: (context: DecisionContext) => Decision<Response>,
    refuse: Refuse<Response>,
  ): Response | Promise<Response> {
    const activation = this.activation();
    return activation === undefined
      ? this.#decide(decide, refuse)
      : activation.then(() => this.#decide(decide, refuse));
  }

  /**
   * While this node leads the quorum and has not heard of it yet: resolves when it decides, or will not. A broker that
   * starts with its controller, or one that follows a new leader at once, would only have to ask again.
   */
  activation(): Promise<void> | undefined {
    const isPending = !this.isActive && this.#unsubscribe !== undefined && this.#quorum()?.role === 'leader';
    if (!isPending) return undefined;
    return new Promise((resolve) => this.#awaitingActivation.push(resolve));
  }

  /** The connection that a broker's heartbeats came by is gone. */
  connectionLost(brokerId: number, connectionId: number): void {
    if (!this.isActive) return;
    this.#sessions.connectionLost(brokerId, connectionId, this.#options.world.clock.monotonic());
    this.#periodic.submit({ kind: 'sessionsChanged' });
  }

  #decide<Response>(
    decide: (context: DecisionContext) => Decision<Response>,
    refuse: Refuse<Response>,
  ): Response | Promise<Response> {
    if (!this.isActive) return refuse(ErrorCode.NOT_CONTROLLER, this.#notController());
    const { records, response, divisible } = decide(this.#context());
    if (records.length > 0 && !this.#append(records, divisible === true)) {
      return this.isActive
        ? refuse(ErrorCode.POLICY_VIOLATION, 'The request makes more records than fit into one batch.')
        : refuse(ErrorCode.NOT_CONTROLLER, this.#notController());
    }
    if (!this.#state.hasUncommitted) return response;
    return this.#commits.wait(this.#lastAppended, response, () =>
      refuse(ErrorCode.NOT_CONTROLLER, this.#notController()),
    );
  }

  /** Undefined while nobody is known to lead, and before the node has started. */
  #quorum(): RaftNodeState | undefined {
    const { raft } = this.#options;
    return raft.leaderEndpoint() === undefined ? undefined : raft.state();
  }

  #notController(): string {
    const leaderId = this.#quorum()?.leaderId ?? -1;
    return leaderId < 0 ? 'There is no active controller now.' : `The active controller is node ${leaderId}.`;
  }

  #context(): DecisionContext {
    const { world, clusterId, config, raft } = this.#options;
    return {
      clusterId,
      config,
      image: this.#state.image,
      index: this.#state.index,
      collisions: this.#state.collisions,
      sessions: this.#sessions,
      now: world.clock.monotonic(),
      nextOffset: Math.max(this.#lastAppended + 1, raft.state().logEndOffset),
      random: world.random,
    };
  }

  /** False when nothing was appended: this node leads no more, or (still active) the batch is too large. */
  #append(records: readonly MetadataRecord[], divisible: boolean): boolean {
    const size = divisible ? recordsPerBatch : records.length;
    for (let at = 0; at < records.length; at += size) {
      if (!this.#appendBatch(records.length <= size ? records : records.slice(at, at + size))) return false;
    }
    return true;
  }

  #appendBatch(records: readonly MetadataRecord[]): boolean {
    const epoch = this.#activeEpoch;
    if (epoch === undefined) return false;
    const prepared = this.#state.prepare(records);
    try {
      const { lastOffset } = this.#options.raft.append(records.map(encodeRecord), { epoch });
      this.#state.appended(prepared, { offset: lastOffset, epoch });
      this.#lastAppended = lastOffset;
    } catch (error) {
      const { logger } = this.#options;
      if (error instanceof BatchTooLargeError) {
        logger.warn({ err: error, records: records.length }, 'a decision does not fit into one batch');
        return false;
      }
      if (!(error instanceof NotLeaderError)) throw error;
      logger.info({ epoch }, 'this node does not lead the quorum any more');
      this.#becomeStandby();
      return false;
    }
    this.#periodic.submit({ kind: 'appended' });
    return true;
  }

  #onCommitted(batch: CommittedBatch): Steps | undefined {
    const { lastOffset, epoch } = batch;
    if (this.#activeEpoch === epoch) {
      this.#guarded(() => {
        this.#state.commitTo({ offset: lastOffset, epoch });
        this.#commits.committed(lastOffset);
      });
      return undefined;
    }
    // Committed by a later leader: whatever this node decided and did not hear of again is not in the log.
    if (this.isActive) this.#becomeStandby();
    return firstStepOf(this.#replay(batch));
  }

  /** Nothing is decided meanwhile: this node hears that it leads only when the last step is taken. */
  *#replay({ lastOffset, epoch, records }: CommittedBatch): Generator<void, void, undefined> {
    const decoded: AnyMetadataRecord[] = [];
    try {
      for (const { value } of records) {
        decoded.push(decodeRecord(value));
        if (decoded.length % recordsPerStep === 0) yield;
      }
      this.#state.replay(decoded, { offset: lastOffset, epoch });
    } catch (error) {
      this.#options.onFatal(asError(error));
    }
  }

  #onSnapshot(snapshot: SnapshotReader): void {
    this.#becomeStandby();
    this.#state.reset(decoded(snapshot.records()), { offset: snapshot.offset - 1, epoch: snapshot.epoch });
  }

  #onLeaderChange({ isLeader, epoch, leaderId }: LeaderChange): void {
    if (leaderId >= 0) this.#counters.newActiveControllers.add();
    if (this.isActive && (!isLeader || epoch !== this.#activeEpoch)) this.#becomeStandby();
    if (isLeader && !this.isActive) this.#becomeActive(epoch);
    for (const resolve of this.#awaitingActivation.splice(0)) resolve();
  }

  #becomeActive(epoch: number): void {
    const { world, logger, config } = this.#options;
    const now = world.clock.monotonic();
    this.#activeEpoch = epoch;
    const { image } = this.#state;
    this.#sessions.clear({ beginAt: image.offset });
    for (const { id, epoch: brokerEpoch, fenced } of image.cluster.brokers.values()) {
      if (!fenced) this.#sessions.expect({ brokerId: id, brokerEpoch }, now);
    }
    logger.info({ epoch, offset: image.offset }, 'this node is the active controller');
    const records = decideBootstrap({ image, config });
    if (records.length > 0) this.#append(records, false);
    this.#periodic.submit({ kind: 'activated' });
  }

  #becomeStandby(): void {
    if (!this.isActive) return;
    this.#options.logger.info({ epoch: this.#activeEpoch }, 'this node is not the active controller any more');
    this.#activeEpoch = undefined;
    this.#lastAppended = -1;
    this.#sessions.clear();
    this.#state.revert();
    this.#commits.refuseAll();
    this.#periodic.submit({ kind: 'deactivated' });
  }

  #perform(work: PeriodicWork): void {
    if (!this.isActive) return;
    switch (work) {
      case 'fenceStaleBrokers':
        return this.#fenceStaleBrokers();
      case 'balancePreferredLeaders': {
        const { records, unfinished } = decideBalancePreferredLeaders(this.#context());
        if (records.length > 0) this.#append(records, true);
        if (unfinished) this.#periodic.submit({ kind: 'balanceUnfinished' });
        return;
      }
      case 'electUncleanLeaders': {
        const records = decideUncleanElections(this.#context());
        if (records.length > 0) this.#append(records, true);
        return;
      }
      case 'writeNoOp':
        this.#append([{ type: 'noOp' }], false);
    }
  }

  #fenceStaleBrokers(): void {
    while (this.isActive) {
      const stale = decideFenceStaleBroker(this.#context());
      if (stale === undefined) return;
      const { brokerId, records, unfinished } = stale;
      this.#append(records, true);
      if (unfinished) {
        // The rest in a later turn: requests and other brokers' heartbeats go first.
        const { clock } = this.#options.world;
        return this.#sessions.lookAgainAt(brokerId, clock.monotonic() + partPauseMs);
      }
      this.#counters.timedOutBrokerHeartbeats.add();
      this.#options.logger.warn(
        { brokerId },
        'a broker was silent for too long, or its connection broke, and is fenced',
      );
    }
  }

  #writeSnapshot(): void {
    const { raft, logger } = this.#options;
    const { offset, epoch } = this.#state.committed;
    raft
      .createSnapshot({ offset: offset + 1, epoch }, snapshotValues(this.#state.committed))
      .catch((error: unknown) => {
        logger.error({ err: error, offset }, 'a snapshot of the metadata could not be written');
      });
  }

  /** A record that cannot be replayed would leave this node with a state that nobody decided. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#options.onFatal(asError(error));
    }
  }
}

function* decoded(values: Iterable<Buffer>): Generator<AnyMetadataRecord> {
  for (const value of values) yield decodeRecord(value);
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
