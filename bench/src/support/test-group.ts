/** Many members of one group in this process, each with a connection of its own, and when they come to rest. */
import type { Connection } from '@tidelog/net';
import { Metadata } from '@tidelog/protocol';
import type { Assignor } from './classic-assignors.ts';
import { ClassicMember } from './classic-member.ts';
import { connectTo } from './client.ts';
import { ConsumerMember } from './consumer-member.ts';
import type { GroupMember, MemberOptions } from './group-member.ts';
import { pause } from './pause.ts';

export type GroupKind = Assignor | 'consumer';

export interface TestGroupOptions {
  readonly kind: GroupKind;
  readonly port: number;
  readonly groupId: string;
  readonly topic: string;
  readonly partitions: number;
  readonly size: number;
}

export class TestGroup implements Disposable {
  readonly members: readonly GroupMember[];
  readonly #options: TestGroupOptions;
  readonly #connections: readonly Connection[];
  #present: GroupMember[] = [];
  #failed: Error | undefined;
  #onRest: (() => void) | undefined;

  private constructor(options: TestGroupOptions, connections: readonly Connection[], topicId: string) {
    this.#options = options;
    this.#connections = connections;
    const { kind, groupId, topic, partitions } = options;
    this.members = connections.map((connection) => {
      const own: MemberOptions = { connection, groupId, topic, partitions, onChange: () => this.#look() };
      return kind === 'consumer'
        ? new ConsumerMember({ ...own, topicId })
        : new ClassicMember({ ...own, assignor: kind });
    });
  }

  /** Everybody is connected and nobody has joined. */
  static async prepare(options: TestGroupOptions): Promise<TestGroup> {
    const connections = Array.from({ length: options.size }, () => connectTo(options.port));
    await Promise.all(connections.map((connection) => connection.versions()));
    const request = { topics: [{ name: options.topic }], allowAutoTopicCreation: false };
    const { topics } = (await connections[0]?.send(Metadata, request, { version: 12 })) ?? { topics: [] };
    return new TestGroup(options, connections, topics[0]?.topicId ?? '');
  }

  /** All join, one every so many milliseconds; resolves with the milliseconds from the last join until all rest. */
  async join(everyMs: number): Promise<number> {
    for (const [i, member] of this.members.entries()) {
      if (everyMs > 0 && i > 0) await pause(everyMs);
      this.#present.push(member);
      member.run().catch((error: unknown) => {
        this.#failed ??= error instanceof Error ? error : new Error(String(error));
        this.#onRest?.();
      });
    }
    return await this.#untilAtRest();
  }

  /** One leaves: how long the others need, and how many partitions they had to give up though nobody had left them. */
  async leave(): Promise<{ readonly tookMs: number; readonly disturbed: number }> {
    const [gone, ...others] = this.#present;
    if (gone === undefined) throw new Error('nobody is there');
    const givenUp = (): number => others.reduce((sum, member) => sum + member.givenUp, 0);
    const before = givenUp();
    this.#present = others;
    await gone.leave();
    const tookMs = await this.#untilAtRest();
    return { tookMs, disturbed: givenUp() - before };
  }

  /** The members fall silent, as they are. */
  stop(): void {
    for (const member of this.members) member.stop();
  }

  [Symbol.dispose](): void {
    // Whoever still waits for an answer is told that its connection is closed.
    this.#failed ??= new Error('the group is disposed');
    this.stop();
    for (const connection of this.#connections) connection.close();
  }

  async #untilAtRest(): Promise<number> {
    const from = performance.now();
    const inVain = setTimeout(() => this.#fail(), 120_000);
    await new Promise<void>((resolve) => {
      this.#onRest = resolve;
      this.#look();
    });
    clearTimeout(inVain);
    this.#onRest = undefined;
    if (this.#failed !== undefined) throw this.#failed;
    return performance.now() - from;
  }

  #fail(): void {
    this.#failed ??= new Error(`the group ${this.#options.groupId} did not come to rest within two minutes`);
    this.#onRest?.();
  }

  #look(): void {
    if (this.#onRest !== undefined && this.#isAtRest()) this.#onRest();
  }

  /** In one generation, everybody with its fair share, and each partition with exactly one. */
  #isAtRest(): boolean {
    const { kind, partitions } = this.#options;
    const fair = Math.floor(partitions / this.#present.length);
    const generation = this.#present[0]?.settledIn;
    if (generation === undefined) return false;
    const owned = new Set<number>();
    let count = 0;
    for (const { settledIn, assigned } of this.#present) {
      const isIn = kind === 'consumer' ? settledIn !== undefined : settledIn === generation;
      if (!isIn || assigned.size < fair || assigned.size > fair + 1) return false;
      for (const partition of assigned) owned.add(partition);
      count += assigned.size;
    }
    return count === partitions && owned.size === partitions;
  }
}
