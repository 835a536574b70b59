/**
 * One member of the quorum: the state that all the handlers of this folder share, and the few words by which they
 * change it. It keeps the order of effects: what must survive a crash is persisted before anything that relies on it.
 */
import { SeededRandom } from '@tidelog/core';
import { ErrorCode } from '@tidelog/protocol';
import { Calls } from './calls.ts';
import type { NoteFields, QuorumState, RaftEffect } from './events.ts';
import type { LogBatch } from './log-batch.ts';
import { LogView, type InitialLog } from './log-view.ts';
import type { Answer, LeaderInfo, SentRequest } from './messages.ts';
import { replicaName, sameReplica, type Endpoint, type PeerAddress, type ReplicaKey } from './replica-key.ts';
import type { RoleState } from './states.ts';

export interface CoreConfig {
  readonly electionTimeoutMs: number;
  readonly electionBackoffMaxMs: number;
  readonly fetchTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly retryBackoffMs: number;
  readonly fetchMaxBytes: number;
  readonly fetchMaxWaitMs: number;
  readonly fetchSnapshotMaxBytes: number;
  readonly autoJoin: boolean;
}

export interface CoreOptions {
  readonly local: ReplicaKey;
  /** Own listeners as peers reach them. */
  readonly endpoints: readonly Endpoint[];
  readonly canBeVoter: boolean;
  /** Whom to ask for the leader while no voter is known. */
  readonly bootstrapServers: readonly PeerAddress[];
  /** Undefined where there is none. */
  readonly quorumState: QuorumState | undefined;
  readonly log: InitialLog;
  readonly config: CoreConfig;
  /** All randomness of the core derives from it. */
  readonly seed: number;
}

export const noQuorumState: QuorumState = { leaderId: -1, leaderEpoch: 0, voted: undefined };

export class Member {
  readonly options: CoreOptions;
  readonly config: CoreConfig;
  readonly local: ReplicaKey;
  readonly log: LogView;
  readonly calls = new Calls();
  readonly random: SeededRandom;
  role: RoleState;
  now = 0;
  /** Elections lost in a row, for the backoff. */
  lostElections = 0;
  /** Set once a graceful end was asked for: when to end anyway. */
  shutdownDeadline: number | undefined;
  isShutDown = false;
  /** Whether there was a quorum-state, or there is something now that must be remembered in one. */
  hasTakenPart: boolean;
  /** Voters whose logs were empty when they were last heard of; kept by a fresh voter only. */
  readonly emptyLogs = new Set<number>();
  #out: RaftEffect[] = [];
  #persisted: QuorumState;
  #announced = { leaderId: -1, epoch: -1 };
  #nextPeer = 0;

  constructor(options: CoreOptions) {
    this.options = options;
    this.config = options.config;
    this.local = options.local;
    this.log = new LogView(options.log);
    this.random = new SeededRandom(options.seed);
    this.#persisted = options.quorumState ?? noQuorumState;
    this.hasTakenPart = options.quorumState !== undefined;
    const { leaderEpoch, voted } = this.#persisted;
    this.role = { role: 'unattached', epoch: leaderEpoch, leaderId: -1, voted, electionDeadline: Infinity };
  }

  get epoch(): number {
    return this.role.epoch;
  }

  get isVoter(): boolean {
    return this.options.canBeVoter && this.log.voters.has(this.local);
  }

  /** Whether this voter may have forgotten what it did on another disk: see fresh-voter.ts. */
  get isFreshVoter(): boolean {
    const { voters } = this.log;
    return !this.hasTakenPart && this.isVoter && !voters.isOnly(this.local) && !voters.isDirectoryKnown(this.local.id);
  }

  /** -1 while unknown. */
  get leaderId(): number {
    const { role } = this;
    if (role.role === 'leader') return this.local.id;
    if (role.role === 'follower') return role.leader.nodeId;
    if (role.role === 'unattached') return role.leaderId;
    return -1;
  }

  get leaderAddress(): PeerAddress | undefined {
    const { role } = this;
    if (role.role === 'follower') return role.leader;
    if (role.role === 'leader') return this.ownAddress;
    return undefined;
  }

  get ownAddress(): PeerAddress | undefined {
    const endpoint = this.options.endpoints[0];
    return endpoint && { nodeId: this.local.id, host: endpoint.host, port: endpoint.port };
  }

  /** The voters but oneself. */
  get peers(): PeerAddress[] {
    const { voters } = this.log.voters;
    return voters.flatMap(({ id }) => (id === this.local.id ? [] : (this.log.voters.addressOf(id) ?? [])));
  }

  begin(now: number, out: RaftEffect[]): void {
    this.now = now;
    this.#out = out;
  }

  /** Persists what changed, if nothing did so yet, and tells of a new leader. */
  end(): void {
    this.#persist();
    this.#announce();
  }

  emit(effect: RaftEffect): void {
    this.#persist();
    this.#out.push(effect);
  }

  answer(token: number, answer: Answer): void {
    this.emit({ kind: 'answer', token, answer });
  }

  /** Sends unless a request of that kind is under way to that peer, or one has failed a moment ago. */
  send(to: PeerAddress, request: SentRequest): boolean {
    if (!this.calls.isIdle(request.kind, to.nodeId, this.now)) return false;
    const call = this.calls.begin({ to, request, now: this.now, timeoutMs: this.config.requestTimeoutMs });
    this.emit({ kind: 'send', correlation: call.correlation, to, request });
    return true;
  }

  append(batch: LogBatch): void {
    this.log.append(batch);
    this.emit({ kind: 'append', batch });
  }

  /** Everything below the offset is committed. */
  commitTo(highWatermark: number): void {
    if (highWatermark <= this.log.highWatermark) return;
    this.log.highWatermark = highWatermark;
    this.emit({ kind: 'commit', highWatermark });
  }

  note(level: 'info' | 'warn', message: string, fields: NoteFields = {}): void {
    this.emit({ kind: 'note', level, message, fields: { epoch: this.epoch, ...fields } });
  }

  /** An answer's words about who leads. */
  leaderInfo(error: ErrorCode = ErrorCode.NONE): LeaderInfo {
    return { error, leaderId: this.leaderId, leaderEpoch: this.epoch, leader: this.leaderAddress };
  }

  /** A time from now that differs from member to member, in [from, 2 from). */
  randomDeadline(fromMs: number): number {
    return this.now + fromMs + this.random.below(Math.max(1, fromMs));
  }

  /** When to try again after `lost` elections in a row: exponential, and random so that two do not tie for ever. */
  electionBackoff(lost: number): number {
    const most = Math.min(this.config.electionBackoffMaxMs, this.config.retryBackoffMs * 2 ** Math.min(lost, 10));
    return this.now + 1 + this.random.below(Math.max(1, most));
  }

  /** Somebody to ask for the leader: the voters in turn, or the bootstrap servers while no voter is known. */
  anyPeer(): PeerAddress | undefined {
    const candidates = [...this.peers, ...this.options.bootstrapServers];
    for (let i = 0; i < candidates.length; i++) {
      const peer = candidates[(this.#nextPeer + i) % candidates.length];
      if (peer === undefined || !this.calls.isIdle('fetch', peer.nodeId, this.now)) continue;
      this.#nextPeer = (this.#nextPeer + i + 1) % candidates.length;
      return peer;
    }
    return undefined;
  }

  describe(): string {
    return `${replicaName(this.local)} ${this.role.role} in epoch ${this.epoch}`;
  }

  #persist(): void {
    if (this.isFreshVoter) return;
    const { role } = this;
    const state: QuorumState = { leaderId: persistedLeader(this), leaderEpoch: role.epoch, voted: votedIn(this) };
    const before = this.#persisted;
    const same = before.leaderId === state.leaderId && before.leaderEpoch === state.leaderEpoch;
    if (same && sameVote(before.voted, state.voted)) return;
    this.#persisted = state;
    this.#out.push({ kind: 'persistQuorumState', state });
  }

  #announce(): void {
    const { role } = this;
    const leaderId = role.role === 'leader' || role.role === 'follower' ? this.leaderId : -1;
    if (leaderId === this.#announced.leaderId && this.epoch === this.#announced.epoch) return;
    this.#announced = { leaderId, epoch: this.epoch };
    const epochStartOffset = role.role === 'leader' ? role.epochStartOffset : -1;
    const isLeader = role.role === 'leader';
    this.#out.push({ kind: 'announceLeader', leaderId, epoch: this.epoch, isLeader, epochStartOffset });
  }
}

function persistedLeader({ role, local }: Member): number {
  if (role.role === 'leader' || role.role === 'resigned') return local.id;
  if (role.role === 'follower') return role.leader.nodeId;
  if (role.role === 'unattached') return role.leaderId;
  if (role.role === 'prospective') return role.leader?.leader.nodeId ?? -1;
  return -1;
}

function votedIn({ role, local }: Member): ReplicaKey | undefined {
  if (role.role === 'candidate' || role.role === 'leader' || role.role === 'resigned') return local;
  return role.voted;
}

function sameVote(a: ReplicaKey | undefined, b: ReplicaKey | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && sameReplica(a, b));
}
