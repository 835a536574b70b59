/**
 * A consumer of the classic protocol as Kafka's own behaves, without fetching: joins, assigns when it leads, syncs,
 * beats every three seconds and joins again when it hears of a rebalance. Under cooperative-sticky it keeps what it has
 * meanwhile, and joins once more after it gave something up.
 */
import { Chunks } from '@tidelog/core';
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  ErrorCode,
  errorName,
  Heartbeat,
  JoinGroup,
  LeaveGroup,
  SyncGroup,
  type ResponseOf,
} from '@tidelog/protocol';
import { assign, type Assignor } from './classic-assignors.ts';
import { Nap, type GroupMember, type MemberOptions } from './group-member.ts';

/** Consumer defaults of Kafka: heartbeat.interval.ms, session.timeout.ms, max.poll.interval.ms. */
const heartbeatIntervalMs = 3000;
const sessionTimeoutMs = 45_000;
const rebalanceTimeoutMs = 300_000;
/** Of what goes inside the protocol's opaque bytes. */
const protocolVersion = 1;
const retryMs = 20;

type Joined = ResponseOf<typeof JoinGroup>;

export class ClassicMember implements GroupMember {
  assigned: ReadonlySet<number> = new Set();
  settledIn: number | undefined;
  givenUp = 0;
  readonly #options: MemberOptions & { readonly assignor: Assignor };
  readonly #nap = new Nap();
  #memberId = '';
  #generation = -1;
  #stopped = false;

  constructor(options: MemberOptions & { readonly assignor: Assignor }) {
    this.#options = options;
  }

  async run(): Promise<void> {
    while (!this.#stopped) {
      const joined = await this.#join();
      if (joined === undefined) continue;
      const assigned = await this.#sync(joined);
      if (assigned === undefined || !this.#take(assigned)) continue;
      await this.#beatWhileStable();
    }
  }

  async beat(): Promise<void> {
    const errorCode = await this.#heartbeat();
    if (errorCode !== ErrorCode.NONE) throw new Error(`a heartbeat was refused: ${errorName(errorCode)}`);
  }

  async leave(): Promise<void> {
    this.stop();
    const { connection, groupId } = this.#options;
    await connection.send(LeaveGroup, { groupId, members: [{ memberId: this.#memberId }] }, { version: 4 });
  }

  stop(): void {
    this.#stopped = true;
    this.#nap.wake();
  }

  async #join(): Promise<Joined | undefined> {
    const { connection, groupId, topic, assignor } = this.#options;
    if (assignor === 'range') this.#giveUp(new Set());
    const ownedPartitions = this.assigned.size === 0 ? [] : [{ topic, partitions: [...this.assigned] }];
    const subscription = ConsumerProtocolSubscription.encode({ topics: [topic], ownedPartitions }, protocolVersion);
    const request = {
      groupId,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      memberId: this.#memberId,
      protocolType: 'consumer',
      protocols: [{ name: assignor, metadata: versioned(subscription) }],
    };
    const joined = await connection.send(JoinGroup, request, { version: 7, timeoutMs: rebalanceTimeoutMs });
    switch (joined.errorCode) {
      case ErrorCode.NONE:
        this.#memberId = joined.memberId;
        this.#generation = joined.generationId;
        return joined;
      case ErrorCode.MEMBER_ID_REQUIRED:
        this.#memberId = joined.memberId;
        return undefined;
      default:
        await this.#recover(joined.errorCode);
        return undefined;
    }
  }

  async #sync(joined: Joined): Promise<ReadonlySet<number> | undefined> {
    const { connection, groupId } = this.#options;
    const request = {
      groupId,
      generationId: this.#generation,
      memberId: this.#memberId,
      assignments: joined.leader === this.#memberId ? this.#assignments(joined) : [],
    };
    const synced = await connection.send(SyncGroup, request, { version: 4, timeoutMs: rebalanceTimeoutMs });
    if (synced.errorCode !== ErrorCode.NONE) {
      await this.#recover(synced.errorCode);
      return undefined;
    }
    if (synced.assignment.length === 0) return new Set();
    const { assignedPartitions } = ConsumerProtocolAssignment.decode(unversioned(synced.assignment), protocolVersion);
    return new Set(assignedPartitions.flatMap(({ partitions }) => partitions));
  }

  #assignments({ members }: Joined): { memberId: string; assignment: Buffer }[] {
    const { topic, partitions, assignor } = this.#options;
    const candidates = members.map(({ memberId, metadata }) => {
      const { ownedPartitions } = ConsumerProtocolSubscription.decode(unversioned(metadata), protocolVersion);
      return { memberId, owned: ownedPartitions.flatMap((owned) => owned.partitions) };
    });
    return Array.from(assign(assignor, candidates, partitions), ([memberId, assigned]) => {
      const assignedPartitions = [{ topic, partitions: [...assigned] }];
      const assignment = ConsumerProtocolAssignment.encode({ assignedPartitions }, protocolVersion);
      return { memberId, assignment: versioned(assignment) };
    });
  }

  /** False when something had to be given up, which the others wait for: time to join again. */
  #take(assigned: ReadonlySet<number>): boolean {
    const gaveUp = this.#giveUp(assigned);
    this.assigned = assigned;
    if (!gaveUp) this.settledIn = this.#generation;
    this.#options.onChange();
    return !gaveUp;
  }

  #giveUp(allBut: ReadonlySet<number>): boolean {
    const lost = [...this.assigned].filter((partition) => !allBut.has(partition));
    this.givenUp += lost.length;
    this.assigned = new Set([...this.assigned].filter((partition) => allBut.has(partition)));
    return lost.length > 0;
  }

  async #beatWhileStable(): Promise<void> {
    while (!this.#stopped) {
      await this.#nap.sleep(heartbeatIntervalMs);
      if (this.#stopped) return;
      const errorCode = await this.#heartbeat();
      if (errorCode === ErrorCode.NONE) continue;
      this.settledIn = undefined;
      this.#options.onChange();
      await this.#recover(errorCode);
      return;
    }
  }

  async #heartbeat(): Promise<number> {
    const { connection, groupId } = this.#options;
    const request = { groupId, generationId: this.#generation, memberId: this.#memberId };
    return (await connection.send(Heartbeat, request, { version: 4 })).errorCode;
  }

  /** What a consumer does about an error before it joins again. */
  async #recover(errorCode: number): Promise<void> {
    switch (errorCode) {
      case ErrorCode.REBALANCE_IN_PROGRESS:
      case ErrorCode.ILLEGAL_GENERATION:
        return;
      case ErrorCode.UNKNOWN_MEMBER_ID:
        this.#memberId = '';
        return;
      case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
      case ErrorCode.COORDINATOR_NOT_AVAILABLE:
        await this.#nap.sleep(retryMs);
        return;
      default:
        throw new Error(`the group ${this.#options.groupId} refuses a member: ${errorName(errorCode)}`);
    }
  }
}

function versioned(encoded: Chunks): Buffer {
  const version = Buffer.alloc(2);
  version.writeInt16BE(protocolVersion);
  return Buffer.concat([version, ...encoded.pieces]);
}

function unversioned(bytes: Buffer): Chunks {
  return Chunks.of(bytes.subarray(2));
}
