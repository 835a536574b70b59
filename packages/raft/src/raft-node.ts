/**
 * One member of the metadata quorum, voter or observer: the shell that runs the pure core over the real log, the
 * `quorum-state` file, the snapshots and a transport, and hands committed batches to listeners.
 */
import { assert, type Chunks, type DiskError } from '@tidelog/core';
import { ErrorCode } from '@tidelog/protocol';
import type { Answer, ReadRange, ServedRequest } from './core/messages.ts';
import type { OffsetAndEpoch } from './core/epoch-cache.ts';
import { RaftCore } from './core/raft-core.ts';
import { staticVoter, VoterSet } from './core/voter-set.ts';
import { Delivery } from './delivery.ts';
import { EffectLoop } from './effect-loop.ts';
import { EffectPerformer } from './effect-performer.ts';
import { createHandlers, type AnswerTo, type RaftHandlers, type SnapshotBytes } from './handlers.ts';
import { BatchTooLargeError, NotLeaderError } from './not-leader-error.ts';
import { exposeRaftMetrics } from './raft-metrics.ts';
import type { RaftListener } from './raft-listener.ts';
import type { RaftNodeOptions, RaftNodeState } from './raft-options.ts';
import { SnapshotKeeper } from './snapshot-keeper.ts';
import { loadLog } from './storage/load-log.ts';
import { MetadataLog } from './storage/metadata-log.ts';
import { QuorumStateFile } from './storage/quorum-state-file.ts';
import { SnapshotStore } from './storage/snapshot-store.ts';
import type { Destination } from './transport.ts';

interface Running {
  readonly core: RaftCore;
  readonly loop: EffectLoop;
  readonly log: MetadataLog;
  readonly keeper: SnapshotKeeper;
}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

const joining =
  'this controller knows of no voters: it joins the quorum of controller.quorum.bootstrap.servers. To begin a new ' +
  'quorum, format its first controller with "tidelog storage format --standalone"';

export class RaftNode {
  readonly handlers: RaftHandlers;
  readonly #options: RaftNodeOptions;
  readonly #snapshots: SnapshotStore;
  readonly #delivery: Delivery;
  readonly #waiting = new Map<number, Waiting>();
  readonly #started = Promise.withResolvers<void>();
  readonly #stopped = Promise.withResolvers<void>();
  #running: Running | undefined;
  #isStopped = false;
  #nextToken = 1;

  constructor(options: RaftNodeOptions) {
    this.#options = options;
    this.#snapshots = new SnapshotStore(options.world, options.metadataDir);
    this.#delivery = new Delivery({
      world: options.world,
      log: { read: (range) => this.#run().log.read(range) },
      snapshots: this.#snapshots,
      position: () => this.#run().core.log.position,
      latestSnapshot: () => this.#run().core.log.latestSnapshot,
      onError: (error) => this.#fail(error),
    });
    this.handlers = createHandlers({
      clusterId: options.clusterId,
      wallNow: () => options.world.clock.wall(),
      serve: (request) => this.#serve(request),
      readRecords: (range, epoch) => this.#readRecords(range, epoch),
      readSnapshot: (range) => this.#readSnapshot(range),
    });
  }

  /** The level of kraft.version in the log; 0 before the start. */
  get kraftVersion(): number {
    return this.#running?.core.log.kraftVersion ?? 0;
  }

  /** -1 while unknown. */
  get highWatermark(): number {
    return this.#running?.core.log.highWatermark ?? -1;
  }

  /** Reads quorum-state, the log and the snapshots. A single voter leads by the end of the turn, without a timeout. */
  async start(): Promise<void> {
    assert(this.#running === undefined, 'a node is started once');
    const { world, metadataDir, log, config, voters, clusterId, transport } = this.#options;
    const configuredVoters = new VoterSet(voters.kind === 'static' ? voters.voters.map(staticVoter) : []);
    const { initial, bytesSinceSnapshot } = await loadLog({ log, snapshots: this.#snapshots, configuredVoters });
    // A process that was killed leaves records that are in the page cache alone; the core takes all that it finds for
    // safe, and says so to the leader.
    await log.flush();
    const stateFile = new QuorumStateFile(world.disk, metadataDir);
    const core = new RaftCore({
      local: { id: this.#options.nodeId, directoryId: this.#options.directoryId },
      endpoints: this.#options.listeners,
      canBeVoter: this.#options.canBeVoter,
      bootstrapServers: this.#bootstrapServers(),
      quorumState: stateFile.read(),
      log: initial,
      config,
      seed: world.random.below(0x1_0000_0000),
    });
    const step: EffectLoop['step'] = (input) => loop.step(input);
    const onError = (error: unknown): void => this.#fail(error);
    const onProgress = (): void => this.#delivery.pump();
    const onLost = (endOffset: number): void => this.#delivery.forgetFrom(endOffset);
    const metadataLog = new MetadataLog({ world, log, step, onProgress, onLost, onOffline: onError });
    const { logger } = this.#options;
    const snapshots = this.#snapshots;
    const delivery = this.#delivery;
    const keeper = new SnapshotKeeper({
      world,
      logger,
      log,
      core,
      snapshots,
      delivery,
      config,
      step,
      bytesSinceSnapshot,
    });
    const performer = new EffectPerformer({
      world,
      logger,
      log: metadataLog,
      snapshots,
      keeper,
      delivery,
      step,
      peers: { transport, clusterId, timeoutMs: config.requestTimeoutMs },
      persist: (state) => {
        const voterIds = core.log.voters.voters.map(({ id }) => id);
        stateFile.write(state, { kraftVersion: core.log.kraftVersion, voterIds });
      },
      answer: (token, answer) => this.#answer(token, answer),
      finish: () => this.#finish(),
    });
    const onNoRoom = ({ path, code }: DiskError): void => {
      const what = code === 'EMFILE' ? 'let this process open more files' : `make room on ${metadataDir}`;
      logger.error({ path, code }, `this node is silent in the quorum until there is room: ${what}`);
    };
    const loop = new EffectLoop({ world, core, perform: (effect) => performer.perform(effect), onNoRoom, onError });
    this.#running = { core, loop, log: metadataLog, keeper };
    exposeRaftMetrics(this.#options.metrics, () => this.state());
    if (this.#options.canBeVoter && core.log.voters.size === 0) logger.info({}, joining);
    loop.step({ kind: 'started' });
    this.#started.resolve();
    this.#delivery.pump();
  }

  /** Hands leadership over (EndQuorumEpoch) and stops. */
  async shutdown(): Promise<void> {
    if (this.#running === undefined || this.#isStopped) return;
    this.#running.loop.step({ kind: 'shutdownRequested' });
    if (this.#running.loop.lacksRoom) this.#finish();
    await this.#stopped.promise;
  }

  state(): RaftNodeState {
    const { core } = this.#run();
    const { role, log, isVoter } = core;
    return {
      role: role.role,
      isVoter,
      leaderId: core.leaderId,
      leaderEpoch: role.epoch,
      highWatermark: log.highWatermark,
      logStartOffset: log.startOffset,
      logEndOffset: log.endOffset,
      kraftVersion: log.kraftVersion,
      voters: log.voters.voters.map(({ id, directoryId, endpoints }) => ({ id, directoryId, endpoints })),
    };
  }

  leaderEndpoint(): Destination | undefined {
    return this.#running?.core.leaderAddress;
  }

  /** The core as the invariants look at it; undefined before the start. */
  inspect(): Pick<RaftCore, 'role' | 'log' | 'leaderId'> | undefined {
    return this.#running?.core;
  }

  /** Appends one atomic batch. Throws NotLeaderError unless this node leads in that epoch, or BatchTooLargeError. */
  append(values: readonly Buffer[], { epoch }: { readonly epoch: number }): { baseOffset: number; lastOffset: number } {
    assert(values.length > 0, 'a batch has at least one record');
    const { core, loop } = this.#run();
    const most = this.#options.config.maxBatchSizeInBytes;
    // Per record: length, attributes, deltas, null key, value length, header count.
    const size = values.reduce((sum, value) => sum + value.length + 24, 61);
    if (size > most) throw new BatchTooLargeError(`${values.length} records of ${size} bytes; a batch holds ${most}`);
    const batch = loop.propose({ values, epoch });
    if (batch !== undefined) return { baseOffset: batch.baseOffset, lastOffset: batch.lastOffset };
    const { leaderId, role } = core;
    const detail = `node ${this.#options.nodeId} does not lead the quorum in epoch ${epoch}; it is in ${role.epoch}`;
    throw new NotLeaderError({ leaderId, leaderEpoch: role.epoch, detail });
  }

  /** Gives leadership up, if this node still leads in that epoch. */
  resign({ epoch, reason }: { readonly epoch: number; readonly reason: string }): void {
    this.#run().loop.step({ kind: 'resigned', epoch, reason });
  }

  /** Why kraft.version can not be raised to that as the leader of that epoch; undefined when it can (KIP-853). */
  refuseKraftVersion(proposal: { readonly epoch: number; readonly version: number }): string | undefined {
    return this.#run().core.refuseKraftVersion(proposal);
  }

  /** Raises kraft.version as the leader of that epoch; has no effect where it is refused. */
  upgradeKraftVersion({ epoch, version }: { readonly epoch: number; readonly version: number }): void {
    this.#run().loop.step({ kind: 'kraftVersionProposed', epoch, version });
  }

  /** Delivers from the beginning; the function that comes back ends the subscription. */
  subscribe(listener: RaftListener): () => void {
    const end = this.#delivery.subscribe(listener);
    if (this.#running !== undefined) this.#delivery.pump();
    return end;
  }

  /**
   * Writes the state as of `offset` (which must be committed); resolves when it is durable, false when it is not news.
   */
  createSnapshot(id: OffsetAndEpoch, records: Iterable<Buffer>): Promise<boolean> {
    return this.#run().keeper.create({ offset: id.offset, epoch: id.epoch }, records);
  }

  #serve<K extends ServedRequest['kind']>(request: Extract<ServedRequest, { kind: K }>): Promise<AnswerTo<K>> {
    // Peers that wait for this node ask as soon as its listener is open, which may be seconds before it has its log.
    if (this.#running === undefined) return this.#started.promise.then(() => this.#serve(request));
    const { loop } = this.#running;
    if (this.#isStopped) return Promise.reject(new Error('this node has left the quorum'));
    if (loop.lacksRoom) return Promise.reject(new Error('this node has no room for its part in the quorum'));
    const token = this.#nextToken++;
    return new Promise<AnswerTo<K>>((resolve, reject) => {
      // The core answers a request with an answer of its kind.
      this.#waiting.set(token, { resolve: (answer) => resolve(answer as AnswerTo<K>), reject });
      loop.step({ kind: 'requestReceived', token, request });
    });
  }

  #answer(token: number, answer: Answer): void {
    this.#waiting.get(token)?.resolve(answer);
    this.#waiting.delete(token);
  }

  async #readRecords(range: ReadRange, epoch: number): Promise<Chunks | undefined> {
    const { core, log } = this.#run();
    const leads = (): boolean => core.role.role === 'leader' && core.role.epoch === epoch;
    if (!leads()) return undefined;
    const outcome = await log.read(range);
    // Meanwhile another leader may have had this log cut and filled with other records.
    return outcome.kind === 'data' && leads() ? outcome.records : undefined;
  }

  async #readSnapshot(range: { id: OffsetAndEpoch; position: number; maxBytes: number }): Promise<SnapshotBytes> {
    const nothing = { size: 0, bytes: Buffer.alloc(0) };
    try {
      const read = await this.#snapshots.readBytes(range.id, range.position, range.maxBytes);
      const error = read.bytes.length === 0 ? ErrorCode.POSITION_OUT_OF_RANGE : ErrorCode.NONE;
      return { ...read, error };
    } catch (error) {
      this.#options.logger.warn({ offset: range.id.offset, error: String(error) }, 'a snapshot can not be read');
      return { ...nothing, error: ErrorCode.SNAPSHOT_NOT_FOUND };
    }
  }

  #bootstrapServers(): Destination[] {
    const { voters, listeners } = this.#options;
    if (voters.kind === 'static') return [];
    const isOwn = (host: string, port: number): boolean =>
      listeners.some((own) => own.host === host && own.port === port);
    return voters.servers
      .filter(({ host, port }) => !isOwn(host, port))
      .map(({ host, port }, i) => ({ nodeId: -2 - i, host, port }));
  }

  #run(): Running {
    if (this.#running === undefined) throw new Error('the node is not started');
    return this.#running;
  }

  #fail(error: unknown): void {
    if (this.#isStopped) return;
    const cause = error instanceof Error ? error : new Error(String(error));
    this.#options.logger.error({ error: cause.message, stack: cause.stack }, 'the quorum member can not go on');
    this.#finish();
    this.#options.onFatal(cause);
  }

  #finish(): void {
    this.#isStopped = true;
    this.#running?.loop.stop();
    this.#delivery.stop();
    for (const { reject } of this.#waiting.values()) reject(new Error('this node has left the quorum'));
    this.#waiting.clear();
    this.#stopped.resolve();
  }
}

export function createRaftNode(options: RaftNodeOptions): RaftNode {
  return new RaftNode(options);
}
