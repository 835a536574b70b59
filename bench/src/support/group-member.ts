/** What the two kinds of group members have in common, for those who watch a group come to rest. */
import type { Connection } from '@tidelog/net';

export interface MemberOptions {
  readonly connection: Connection;
  readonly groupId: string;
  readonly topic: string;
  /** Of the topic. */
  readonly partitions: number;
  /** Called when what the member has, or its place in the group, changed. */
  readonly onChange: () => void;
}

export interface GroupMember {
  /** The partitions it may read now. */
  readonly assigned: ReadonlySet<number>;
  /** The generation or epoch that it is at rest in; undefined while it joins, syncs or gives something up. */
  readonly settledIn: number | undefined;
  /** How many partitions it had to give up so far. */
  readonly givenUp: number;
  /** Joins, and stays a member until it leaves or stops; rejects when the coordinator refuses for good. */
  run(): Promise<void>;
  /** One heartbeat of a member at rest; rejects when it is refused. */
  beat(): Promise<void>;
  /** Stops, and says so to the coordinator. */
  leave(): Promise<void>;
  /** Stops without a word: the coordinator keeps it as a member until its session ends. */
  stop(): void;
}

/** A pause that can be cut short. */
export class Nap {
  #wake: () => void = () => undefined;

  async sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  wake(): void {
    this.#wake();
  }
}
