/** Replicas by topic name and by topic id. A name points to its newest topic; an id never changes its meaning. */
import type { Replica } from './replica.ts';

export class ReplicaTable {
  readonly #byName = new Map<string, Map<number, Replica>>();
  readonly #byId = new Map<string, Map<number, Replica>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(topic: string, partition: number): Replica | undefined {
    return this.#byName.get(topic)?.get(partition);
  }

  getById(topicId: string, partition: number): Replica | undefined {
    return this.#byId.get(topicId)?.get(partition);
  }

  ofTopic(topic: string): Iterable<Replica> {
    return this.#byName.get(topic)?.values() ?? [];
  }

  add(replica: Replica): void {
    put(this.#byName, replica.topic, replica);
    put(this.#byId, replica.topicId, replica);
    this.#size++;
  }

  delete(replica: Replica): void {
    if (!drop(this.#byId, replica.topicId, replica)) return;
    drop(this.#byName, replica.topic, replica);
    this.#size--;
  }

  *[Symbol.iterator](): Generator<Replica> {
    for (const partitions of this.#byId.values()) yield* partitions.values();
  }
}

function put(table: Map<string, Map<number, Replica>>, key: string, replica: Replica): void {
  let partitions = table.get(key);
  if (partitions === undefined) table.set(key, (partitions = new Map()));
  partitions.set(replica.partition, replica);
}

function drop(table: Map<string, Map<number, Replica>>, key: string, replica: Replica): boolean {
  const partitions = table.get(key);
  if (partitions?.get(replica.partition) !== replica) return false;
  partitions.delete(replica.partition);
  if (partitions.size === 0) table.delete(key);
  return true;
}
