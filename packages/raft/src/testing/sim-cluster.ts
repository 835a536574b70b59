/**
 * A quorum of pure cores under virtual time: no promise, no timer, no disk. Messages are lost, delayed, reordered and
 * duplicated, syncs take a while, members crash and lose what they had not synced. The invariants are checked after
 * every step. A seed decides everything.
 */
import { assert, DeadlineQueue, must, SeededRandom } from '@tidelog/core';
import { ErrorCode } from '@tidelog/protocol';
import type { RaftEffect, RaftInput } from '../core/events.ts';
import type { LogBatch } from '../core/log-batch.ts';
import { noQuorumState, type CoreConfig } from '../core/member.ts';
import type { Answer, SentResponse, ServedRequest } from '../core/messages.ts';
import type { PeerAddress } from '../core/replica-key.ts';
import { staticVoter, VoterSet, type Voter } from '../core/voter-set.ts';
import type { Invariant } from '../core/invariants/invariant.ts';
import { directoryIdOf, SimMember, type SimSnapshot } from './sim-member.ts';
import { describeEffect } from './trace-lines.ts';

export interface SimNetwork {
  /** Of a thousand messages. */
  lostPerMille: number;
  duplicatedPerMille: number;
  minDelayMs: number;
  maxDelayMs: number;
  /** How long a sync takes at most. */
  maxSyncMs: number;
}

/** A rule that the shell breaks on purpose. */
export type SimMutation =
  /** quorum-state is not written, so that a restart forgets the vote. */
  | 'votesNotPersisted'
  /** Appends count as durable before they are. */
  | 'syncsNotAwaited'
  /** What the leader does not have stays in the log. */
  | 'truncationSkipped'
  /** A static voter whose disk was replaced votes as if it had never been there before. */
  | 'freshVotersVote';

export interface SimClusterOptions {
  readonly seed: number;
  readonly members: number;
  /** The first so many are voters from the beginning. */
  readonly voters: number;
  /** Whether only the voters' ids are known, as from controller.quorum.voters (kraft.version 0). */
  readonly isStatic?: boolean;
  readonly config: CoreConfig;
  readonly invariants: readonly Invariant[];
  readonly network?: Partial<SimNetwork>;
  readonly mutation?: SimMutation | undefined;
  readonly trace?: (line: string) => void;
}

interface Asked {
  readonly from: SimMember;
  readonly to: SimMember;
  readonly life: number;
  readonly correlation: number;
}

export class SimCluster {
  readonly random: SeededRandom;
  readonly members: SimMember[];
  readonly network: SimNetwork;
  /** Pairs `from>to` that hear nothing. */
  readonly cuts = new Set<string>();
  readonly isStatic: boolean;
  now = 0;
  steps = 0;
  readonly #options: SimClusterOptions;
  readonly #events = new DeadlineQueue<() => void>();
  /** Every snapshot ever written: whoever has fetched all of one need not find it with anybody else. */
  readonly #written = new Map<string, SimSnapshot>();
  readonly #asked = new Map<number, Asked>();
  readonly #answers = new Map<number, (answer: Answer) => void>();
  #nextToken = 1;
  #nextValue = 1;

  constructor(options: SimClusterOptions) {
    this.#options = options;
    this.random = new SeededRandom(options.seed);
    const defaults = { lostPerMille: 0, duplicatedPerMille: 0, minDelayMs: 1, maxDelayMs: 1, maxSyncMs: 1 };
    this.network = { ...defaults, ...options.network };
    const ids = Array.from({ length: options.members }, (_, i) => i + 1);
    const { isStatic = false } = options;
    this.isStatic = isStatic;
    const configured = ids.slice(0, options.voters);
    const voters = new VoterSet(configured.map((id) => (isStatic ? staticSimVoter(id) : simVoter(id))));
    const kraftVersion = isStatic ? 0 : 1;
    const bootstrapServers = ids.map((id) => ({ nodeId: -1 - id, host: `n${id}`, port: 9093 }));
    const { config } = options;
    this.members = ids.map(
      (id) => new SimMember({ id, directoryId: directoryIdOf(id), config, bootstrapServers, voters, kraftVersion }),
    );
  }

  member(id: number): SimMember {
    return must(this.members[id - 1], `no member ${id}`);
  }

  start(id: number): void {
    const member = this.member(id);
    if (member.core !== undefined || this.now < member.startsAt) return;
    if (this.#options.mutation === 'freshVotersVote' && member.startsAt > 0) member.quorumState ??= noQuorumState;
    member.start(this.random.below(0x1_0000_0000));
    this.#trace(member, 'starts');
    this.step(member, { kind: 'started' });
  }

  crash(id: number): void {
    const member = this.member(id);
    if (member.core === undefined) return;
    const unsynced = member.batches.filter((batch) => batch.lastOffset >= member.syncedEnd).length;
    member.crash(this.random.below(unsynced + 1));
    this.#trace(member, `crashes, log ends at ${member.endOffset}`);
    this.#breakConnections(member);
  }

  /** Who waits for an answer of the dead hears of it, unless the network swallows that too. */
  #breakConnections(member: SimMember): void {
    for (const [token, { from, to, life, correlation }] of this.#asked) {
      if (to !== member) continue;
      this.#asked.delete(token);
      this.#transmit(to, from, () => {
        if (from.life === life) this.step(from, { kind: 'requestFailed', correlation, detail: 'connection lost' });
      });
    }
  }

  /** The member that leads the highest epoch of all that believe so. */
  leader(): SimMember | undefined {
    const leading = this.members.filter((member) => member.core?.role.role === 'leader');
    return leading.sort((a, b) => (b.core?.role.epoch ?? 0) - (a.core?.role.epoch ?? 0))[0];
  }

  propose(member: SimMember, value = `v${this.#nextValue++}`): LogBatch | undefined {
    const { core } = member;
    if (core === undefined || core.role.role !== 'leader') return undefined;
    const effects: RaftEffect[] = [];
    const batch = core.propose({ values: [Buffer.from(value)], epoch: core.role.epoch }, this.now, effects);
    this.#after(member, effects);
    return batch;
  }

  /** A request of somebody who is no member: a tool that changes voters. */
  request(member: SimMember, request: ServedRequest, onAnswer: (answer: Answer) => void = () => undefined): void {
    const token = this.#nextToken++;
    this.#answers.set(token, onAnswer);
    this.step(member, { kind: 'requestReceived', token, request });
  }

  /** A member writes a snapshot of what it knows to be committed, and may drop its log below. */
  snapshot(member: SimMember, drop: boolean): void {
    const { core } = member;
    if (core === undefined) return;
    const { highWatermark, voterSets, kraftVersions } = core.log;
    const last = member.batches.findLast((batch) => batch.lastOffset < highWatermark);
    if (last === undefined || last.lastOffset + 1 <= (member.snapshots.at(-1)?.id.offset ?? 0)) return;
    const id = { offset: last.lastOffset + 1, epoch: last.epoch };
    const voters = voterSets.before(id.offset).value;
    const snapshot = { id, voters, kraftVersion: kraftVersions.before(id.offset).value };
    this.#written.set(`${id.offset}-${id.epoch}`, snapshot);
    member.addSnapshot(snapshot);
    this.step(member, { kind: 'snapshotCreated', id });
    const startOffset = drop ? member.clean() : undefined;
    if (startOffset !== undefined) this.step(member, { kind: 'logCleaned', startOffset });
  }

  step(member: SimMember, input: RaftInput): void {
    if (member.core === undefined) return;
    const effects: RaftEffect[] = [];
    member.core.step(input, this.now, effects);
    this.#after(member, effects);
  }

  /** Runs until that time. */
  runUntil(time: number): void {
    for (;;) {
      const due = this.#nextDue();
      if (due.at > time) break;
      this.now = Math.max(this.now, due.at);
      due.run();
    }
    this.now = time;
  }

  /** Runs until the condition holds; false when the time is up first. */
  runWhile(condition: () => boolean, limitMs: number): boolean {
    const end = this.now + limitMs;
    while (condition()) {
      const due = this.#nextDue();
      if (due.at > end) return false;
      this.now = Math.max(this.now, due.at);
      due.run();
    }
    return true;
  }

  #nextDue(): { at: number; run: () => void } {
    let at = this.#events.nextDeadline();
    let run = (): void => must(this.#events.popDue(Infinity))();
    for (const member of this.members) {
      const deadline = member.core?.nextDeadline() ?? Infinity;
      if (deadline >= at) continue;
      at = deadline;
      run = () => this.step(member, { kind: 'tick' });
    }
    return { at, run };
  }

  #after(member: SimMember, effects: readonly RaftEffect[]): void {
    this.steps++;
    for (const effect of effects) this.#perform(member, effect);
    const views = this.members.flatMap(({ core, id, life, batches, startOffset }) =>
      core === undefined ? [] : [{ name: `${id}`, life, core, batches, startOffset }],
    );
    for (const invariant of this.#options.invariants) {
      const violation = invariant.check(views);
      assert(violation === undefined, () => `${invariant.name} (${invariant.source}): ${violation}`);
    }
  }

  #perform(member: SimMember, effect: RaftEffect): void {
    if (this.#options.trace !== undefined) this.#trace(member, describeEffect(effect));
    switch (effect.kind) {
      case 'persistQuorumState':
        if (this.#options.mutation !== 'votesNotPersisted') member.quorumState = effect.state;
        return;
      case 'append':
        return this.#append(member, effect.batch);
      case 'truncate':
        if (this.#options.mutation !== 'truncationSkipped') member.truncate(effect.endOffset);
        return;
      case 'restartLog':
        return member.restartLog(effect.id);
      case 'send':
        return this.#send(member, effect);
      case 'answer':
        return this.#answer(member, effect.token, effect.answer);
      case 'openSnapshotPart': {
        const position = member.partBytes.get(`${effect.id.offset}`) ?? 0;
        return this.#at(member, 0, () => this.step(member, { kind: 'snapshotPartOpened', id: effect.id, position }));
      }
      case 'writeSnapshotPart':
        member.partBytes.set(`${effect.id.offset}`, effect.position + effect.bytes.length);
        return;
      case 'discardSnapshotPart':
        member.partBytes.delete(`${effect.id.offset}`);
        return;
      case 'installSnapshot': {
        member.partBytes.delete(`${effect.id.offset}`);
        const snapshot = must(
          this.#written.get(`${effect.id.offset}-${effect.id.epoch}`),
          'nobody wrote that snapshot',
        );
        member.addSnapshot(snapshot);
        return this.#at(member, 1, () => this.step(member, { kind: 'snapshotInstalled', ...snapshot }));
      }
      case 'fail':
        throw new Error(`member ${member.id} gives up: ${effect.detail}`);
      case 'finishShutdown':
        member.crash(member.batches.length);
        return;
      default:
    }
  }

  #append(member: SimMember, batch: LogBatch): void {
    member.batches.push(batch);
    const { cuts } = member;
    const endOffset = batch.lastOffset + 1;
    const isEarly = this.#options.mutation === 'syncsNotAwaited';
    this.#at(member, 0, () => {
      if (member.cuts === cuts) this.step(member, { kind: isEarly ? 'appended' : 'written', endOffset });
    });
    this.#at(member, this.#between(0, this.network.maxSyncMs), () => {
      if (member.cuts !== cuts) return;
      member.syncedEnd = Math.max(member.syncedEnd, endOffset);
      this.step(member, { kind: 'appended', endOffset: member.syncedEnd });
    });
  }

  #send(member: SimMember, { to, correlation, request }: Extract<RaftEffect, { kind: 'send' }>): void {
    const { life } = member;
    if (request.kind === 'apiVersions') {
      const kraftVersions = { min: 0, max: 1 };
      return this.#reply(member, life, correlation, { kind: 'apiVersions', error: ErrorCode.NONE, kraftVersions }, to);
    }
    const target = this.#target(to);
    this.#transmit(member, target, () => {
      if (target.core === undefined) {
        const refused = { kind: 'requestFailed', correlation, detail: 'refused' } as const;
        this.#at(member, 1, () => this.step(member, refused), life);
        return;
      }
      const token = this.#nextToken++;
      this.#asked.set(token, { from: member, to: target, life, correlation });
      this.step(target, { kind: 'requestReceived', token, request });
    });
  }

  #answer(member: SimMember, token: number, answer: Answer): void {
    this.#answers.get(token)?.(answer);
    this.#answers.delete(token);
    const asked = this.#asked.get(token);
    if (asked === undefined) return;
    this.#asked.delete(token);
    const response = this.#complete(member, answer);
    if (response === undefined) return;
    const address = { nodeId: member.id, host: `n${member.id}`, port: 9093 };
    this.#reply(asked.from, asked.life, asked.correlation, response, address);
  }

  #reply(to: SimMember, life: number, correlation: number, response: SentResponse, from: PeerAddress): void {
    this.#transmit(this.#target(from), to, () => {
      if (to.life === life) this.step(to, { kind: 'responseReceived', correlation, response });
    });
  }

  /** Puts the bytes in that the answer names. */
  #complete(member: SimMember, answer: Answer): SentResponse | undefined {
    if (answer.kind === 'describeQuorum') return undefined;
    if (answer.kind === 'fetch') {
      const { read, ...rest } = answer;
      const batches = member.batches.filter(
        ({ baseOffset, lastOffset }) => read !== undefined && baseOffset >= read.offset && lastOffset < read.upTo,
      );
      return { ...rest, batches: batches.slice(0, 1 + this.random.below(5)) };
    }
    if (answer.kind === 'fetchSnapshot') {
      const { maxBytes: _, ...rest } = answer;
      return {
        ...rest,
        size: 3,
        bytes: Buffer.alloc(Math.min(1 + this.random.below(3), Math.max(0, 3 - rest.position))),
      };
    }
    return answer;
  }

  #transmit(from: SimMember, to: SimMember, deliver: () => void): void {
    const copies = this.random.below(1000) < this.network.duplicatedPerMille ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      if (this.random.below(1000) < this.network.lostPerMille) continue;
      const delay = this.#between(this.network.minDelayMs, this.network.maxDelayMs);
      this.#events.add(() => {
        if (!this.cuts.has(`${from.id}>${to.id}`)) deliver();
      }, this.now + delay);
    }
  }

  #target({ host }: PeerAddress): SimMember {
    return this.member(Number(host.slice(1)));
  }

  /** Runs unless the member has died meanwhile. */
  #at(member: SimMember, delayMs: number, run: () => void, life = member.life): void {
    this.#events.add(() => {
      if (member.life === life) run();
    }, this.now + delayMs);
  }

  #between(min: number, max: number): number {
    return min + this.random.below(max - min + 1);
  }

  #trace(member: SimMember, line: string): void {
    this.#options.trace?.(`${String(Math.round(this.now)).padStart(5)} ${member.id}: ${line}`);
  }
}

function staticSimVoter(id: number): Voter {
  return staticVoter({ id, host: `n${id}`, port: 9093 });
}

export function simVoter(id: number): Voter {
  const endpoints = [{ name: 'CONTROLLER', host: `n${id}`, port: 9093 }];
  return { id, directoryId: directoryIdOf(id), endpoints, kraftVersions: { min: 0, max: 1 } };
}
