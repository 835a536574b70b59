/**
 * Tells the controller which log directory a replica is in when that is not the one the metadata names (KIP-858), so
 * that the loss of a directory costs the right partitions their leader. Reports are batched and sent until they are
 * taken.
 */
import type { Logger, Uuid, World } from '@tidelog/core';
import { AssignReplicasToDirs, ErrorCode, errorName } from '@tidelog/protocol';
import type { ControllerChannel } from '../channels.ts';

export interface DirectoryAssignment {
  readonly topicId: Uuid;
  readonly partition: number;
  readonly directoryId: Uuid;
}

export interface DirectoryAssignmentsDeps {
  readonly world: World;
  readonly logger: Logger;
  readonly controller: ControllerChannel;
  readonly nodeId: number;
  readonly brokerEpoch: () => number;
}

const retryBackoffMs = 500;
/** In one report: what the controller decides about them is one batch, and its other requests wait meanwhile. */
const assignmentsMax = 500;

export class DirectoryAssignments {
  readonly #deps: DirectoryAssignmentsDeps;
  readonly #waiting = new Map<string, DirectoryAssignment>();
  #busy = false;
  #closed = false;

  constructor(deps: DirectoryAssignmentsDeps) {
    this.#deps = deps;
  }

  report(assignment: DirectoryAssignment): void {
    this.#waiting.set(`${assignment.topicId}:${assignment.partition}`, assignment);
    this.#schedule(0);
  }

  close(): void {
    this.#closed = true;
  }

  #schedule(delayMs: number): void {
    if (this.#busy || this.#closed) return;
    this.#busy = true;
    this.#deps.world.timers.after(delayMs, () => this.#send());
  }

  #send(): void {
    if (this.#closed) return;
    const batch = [...this.#waiting].slice(0, assignmentsMax);
    const { controller, nodeId, brokerEpoch } = this.#deps;
    const directories = groupByDirectory(batch.map(([, assignment]) => assignment));
    controller.send(AssignReplicasToDirs, { brokerId: nodeId, brokerEpoch: brokerEpoch(), directories }).then(
      ({ errorCode }) => this.#onAnswer(batch, errorCode === ErrorCode.NONE ? undefined : errorName(errorCode)),
      (cause: unknown) => this.#onAnswer(batch, String(cause)),
    );
  }

  #onAnswer(batch: readonly (readonly [string, DirectoryAssignment])[], failure: string | undefined): void {
    this.#busy = false;
    if (failure === undefined) {
      for (const [key, sent] of batch) if (this.#waiting.get(key) === sent) this.#waiting.delete(key);
    } else {
      this.#deps.logger.debug({ reason: failure, replicas: batch.length }, 'directory assignments were not taken yet');
    }
    if (this.#waiting.size === 0) return;
    this.#schedule(failure === undefined && batch.length === assignmentsMax ? 0 : retryBackoffMs);
  }
}

function groupByDirectory(assignments: readonly DirectoryAssignment[]): {
  id: Uuid;
  topics: { topicId: Uuid; partitions: { partitionIndex: number }[] }[];
}[] {
  const directories = new Map<Uuid, Map<Uuid, { partitionIndex: number }[]>>();
  for (const { directoryId, topicId, partition } of assignments) {
    const topics = directories.get(directoryId) ?? new Map<Uuid, { partitionIndex: number }[]>();
    directories.set(directoryId, topics);
    const partitions = topics.get(topicId) ?? [];
    topics.set(topicId, partitions);
    partitions.push({ partitionIndex: partition });
  }
  return [...directories].map(([id, topics]) => ({
    id,
    topics: [...topics].map(([topicId, partitions]) => ({ topicId, partitions })),
  }));
}
