/**
 * A quorum's log in memory, to be led, committed and lost by hand: for tests of the controller's shell. It keeps the
 * promises of RaftNode (order, whole batches, a new leader hears that it leads after all that was committed) and none
 * of its durability.
 */
import { metadataTopicId } from '@tidelog/core';
import {
  NotLeaderError,
  type CommittedBatch,
  type RaftListener,
  type RaftNode,
  type RaftNodeState,
} from '@tidelog/raft';

type UsedOfNode =
  | 'leaderEndpoint'
  | 'append'
  | 'state'
  | 'subscribe'
  | 'createSnapshot'
  | 'resign'
  | 'refuseKraftVersion'
  | 'upgradeKraftVersion';

export class MemoryQuorum {
  readonly #batches: CommittedBatch[] = [];
  readonly #listeners: { readonly listener: RaftListener; delivered: number }[] = [];
  readonly #node: RaftNode;
  readonly snapshots: { readonly offset: number; readonly epoch: number; readonly values: readonly Buffer[] }[] = [];
  kraftVersion = 1;
  #committed = 0;
  #epoch = 0;
  #leads = false;

  constructor() {
    this.#node = this.#asNode();
  }

  get node(): RaftNode {
    return this.#node;
  }

  get uncommittedBatches(): number {
    return this.#batches.length - this.#committed;
  }

  get endOffset(): number {
    return (this.#batches.at(-1)?.lastOffset ?? -1) + 1;
  }

  /** This node leads in a new epoch; what was not committed before is gone. */
  lead(): void {
    this.win();
    this.announce();
  }

  /** This node is elected, and has not told anybody yet. */
  win(): void {
    this.#batches.length = this.#committed;
    this.#epoch++;
    this.#leads = true;
    this.#add([]);
  }

  announce(): void {
    for (const { listener } of this.#listeners) {
      listener.onLeaderChange({ leaderId: 1, epoch: this.#epoch, isLeader: true });
    }
    this.commit();
  }

  /** Another node leads; what was not committed is gone. */
  follow(): void {
    this.#batches.length = this.#committed;
    this.#epoch++;
    this.#leads = false;
    for (const { listener } of this.#listeners) {
      listener.onLeaderChange({ leaderId: 2, epoch: this.#epoch, isLeader: false });
    }
  }

  /** The leadership is gone, and nobody has been told yet. */
  loseSilently(): void {
    this.#leads = false;
  }

  /** Everything appended is committed and delivered. */
  commit(): void {
    this.#committed = this.#batches.length;
    for (const entry of this.#listeners) this.#deliver(entry);
  }

  /** What another leader commits. */
  commitFromElsewhere(values: readonly Buffer[]): void {
    this.#add(values);
    this.commit();
  }

  askForSnapshot(): void {
    for (const { listener } of this.#listeners) listener.onSnapshotDue?.({ reason: 'size', committedBytes: 1 });
  }

  #deliver(entry: { readonly listener: RaftListener; delivered: number }): void {
    for (; entry.delivered < this.#committed; entry.delivered++) {
      const batch = this.#batches[entry.delivered];
      const steps = batch && entry.listener.onCommitted(batch);
      while (steps?.next().done === false);
    }
  }

  /** Without values: a control batch of one record. */
  #add(values: readonly Buffer[]): { baseOffset: number; lastOffset: number } {
    const baseOffset = this.endOffset;
    const lastOffset = baseOffset + Math.max(1, values.length) - 1;
    const records = values.map((value, i) => ({ offset: baseOffset + i, value }));
    this.#batches.push({ baseOffset, lastOffset, epoch: this.#epoch, appendTimestamp: 0, sizeInBytes: 0, records });
    return { baseOffset, lastOffset };
  }

  #state(): RaftNodeState {
    return {
      role: this.#leads ? 'leader' : 'follower',
      isVoter: true,
      leaderId: this.#leads ? 1 : 2,
      leaderEpoch: this.#epoch,
      highWatermark: this.#committed,
      logStartOffset: 0,
      logEndOffset: this.endOffset,
      kraftVersion: this.kraftVersion,
      voters: [
        { id: 1, directoryId: metadataTopicId, endpoints: [{ name: 'CONTROLLER', host: 'one', port: 9093 }] },
        { id: 2, directoryId: metadataTopicId, endpoints: [{ name: 'CONTROLLER', host: 'two', port: 9093 }] },
      ],
    };
  }

  #asNode(): RaftNode {
    const unused = (): never => {
      throw new Error('the controller does not call this');
    };
    const node: Pick<RaftNode, UsedOfNode> = {
      append: (values, { epoch }) => {
        if (this.#leads && epoch === this.#epoch) return this.#add(values);
        throw new NotLeaderError({ leaderId: 2, leaderEpoch: this.#epoch, detail: 'not the leader' });
      },
      state: () => this.#state(),
      leaderEndpoint: () => (this.#epoch === 0 ? undefined : { nodeId: this.#leads ? 1 : 2, host: 'host', port: 9093 }),
      resign: () => this.follow(),
      refuseKraftVersion: ({ version }) => (version < this.kraftVersion ? 'it can not be lowered' : undefined),
      upgradeKraftVersion: ({ version }) => {
        this.kraftVersion = version;
        this.#add([]);
      },
      subscribe: (listener) => {
        const entry = { listener, delivered: 0 };
        this.#listeners.push(entry);
        this.#deliver(entry);
        return () => this.#listeners.splice(this.#listeners.indexOf(entry), 1);
      },
      createSnapshot: ({ offset, epoch }, values) => {
        this.snapshots.push({ offset, epoch, values: [...values] });
        return Promise.resolve(true);
      },
    };
    return new Proxy(node, { get: (target, key) => Reflect.get(target, key) ?? unused }) as RaftNode;
  }
}
