/**
 * Takes ISR proposals to the controller: all that wait go in one AlterPartition, one request at a time. A proposal is
 * kept until it is answered or its leadership is over; each partition has at most one (KIP-497), which its core sees
 * to.
 */
import type { Counter, Logger, Metrics, Millis, World } from '@tidelog/core';
import { AlterPartition, ErrorCode, errorName, type EncodeOf, type ResponseOf } from '@tidelog/protocol';
import type { ControllerChannel } from '../channels.ts';
import type { IsrProposal } from './core/partition-events.ts';
import type { Replica } from './replica.ts';

export interface IsrSenderDeps {
  readonly world: World;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly controller: ControllerChannel;
  readonly nodeId: number;
  readonly brokerEpoch: () => number;
}

const retryBackoffMs: Millis = 50;

export class IsrSender {
  readonly #deps: IsrSenderDeps;
  readonly #counters: Readonly<Record<'shrinks' | 'expands' | 'failed', Counter>>;
  #waiting = new Map<Replica, IsrProposal>();
  #inFlight = false;
  #scheduled = false;
  #closed = false;

  constructor(deps: IsrSenderDeps) {
    this.#deps = deps;
    const counter = (name: string, help: string): Counter => {
      return deps.metrics.counter({ name: `kafka_server_replicamanager_${name}_total`, help });
    };
    this.#counters = {
      shrinks: counter('isrshrinks', 'ISR changes that took a replica out.'),
      expands: counter('isrexpands', 'ISR changes that let a replica in.'),
      failed: counter('failedisrupdates', 'ISR changes that the controller refused.'),
    };
  }

  send(replica: Replica, proposal: IsrProposal): void {
    this.#waiting.set(replica, proposal);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#deps.world.timers.endOfTurn(() => {
      this.#scheduled = false;
      this.#next();
    });
  }

  close(): void {
    this.#closed = true;
    this.#waiting.clear();
  }

  #next(): void {
    if (this.#inFlight || this.#closed) return;
    const batch = new Map([...this.#waiting].filter(([replica, proposal]) => isCurrent(replica, proposal)));
    this.#waiting.clear();
    if (batch.size === 0) return;
    this.#inFlight = true;
    const { controller, nodeId, brokerEpoch } = this.#deps;
    const request = { brokerId: nodeId, brokerEpoch: brokerEpoch(), topics: topicsOf(batch) };
    controller.send(AlterPartition, request).then(
      (response) => this.#onResponse(batch, response),
      (cause: unknown) => this.#onFailure(batch, String(cause)),
    );
  }

  #onResponse(batch: ReadonlyMap<Replica, IsrProposal>, response: ResponseOf<typeof AlterPartition>): void {
    if (response.errorCode !== ErrorCode.NONE) return this.#onFailure(batch, errorName(response.errorCode));
    this.#inFlight = false;
    const answers = new Map<string, (typeof response.topics)[number]['partitions'][number]>();
    for (const { topicId, partitions } of response.topics) {
      for (const partition of partitions) answers.set(`${topicId}:${partition.partitionIndex}`, partition);
    }
    let retry = false;
    for (const [replica, proposal] of batch) {
      const answer = answers.get(`${replica.topicId}:${replica.partition}`);
      const error = answer?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
      if (error !== ErrorCode.NONE) this.#logRefusal(replica, proposal, error);
      if (!verdicts.has(error)) {
        this.#waiting.set(replica, proposal);
        retry = true;
        continue;
      }
      const { leaderEpoch = -1, partitionEpoch = -1, isr = [], leaderRecoveryState = 0 } = answer ?? {};
      const recovering = leaderRecoveryState !== 0;
      if (error === ErrorCode.NONE) this.#count(replica.inSyncReplicas.length, isr.length);
      else this.#counters.failed.add();
      replica.tell({
        type: 'isrAnswered',
        answer: { proposal, error, leaderEpoch, partitionEpoch, isr, recovering },
      });
    }
    if (retry) this.#retryLater();
    else this.#next();
  }

  #onFailure(batch: ReadonlyMap<Replica, IsrProposal>, reason: string): void {
    this.#inFlight = false;
    if (this.#closed) return;
    this.#deps.logger.warn(
      { reason, partitions: batch.size },
      'the controller did not take an ISR change; trying again',
    );
    for (const [replica, proposal] of batch) if (!this.#waiting.has(replica)) this.#waiting.set(replica, proposal);
    this.#retryLater();
  }

  #retryLater(): void {
    this.#deps.world.timers.after(retryBackoffMs, () => this.#next());
  }

  #count(before: number, after: number): void {
    if (after < before) this.#counters.shrinks.add();
    else if (after > before) this.#counters.expands.add();
  }

  #logRefusal(replica: Replica, proposal: IsrProposal, error: number): void {
    const { topic, partition } = replica;
    const isr = proposal.isr.map((member) => member.brokerId);
    this.#deps.logger.info({ topic, partition, isr, error: errorName(error) }, 'an ISR change was refused');
  }
}

/** The leadership that made it still waits for it. */
function isCurrent(replica: Replica, proposal: IsrProposal): boolean {
  return replica.core.leader?.inSync.pending === proposal;
}

/** Answers that say something about the proposal itself. Anything else is asked again, after a pause. */
const verdicts: ReadonlySet<number> = new Set([
  ErrorCode.NONE,
  ErrorCode.INELIGIBLE_REPLICA,
  ErrorCode.OPERATION_NOT_ATTEMPTED,
  ErrorCode.FENCED_LEADER_EPOCH,
  ErrorCode.INVALID_UPDATE_VERSION,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.INVALID_REQUEST,
  ErrorCode.NEW_LEADER_ELECTED,
]);

function topicsOf(batch: ReadonlyMap<Replica, IsrProposal>): EncodeOf<(typeof AlterPartition)['request']>['topics'] {
  const topics = new Map<
    string,
    EncodeOf<(typeof AlterPartition)['request']>['topics'][number]['partitions'][number][]
  >();
  for (const [replica, proposal] of batch) {
    const partitions = topics.get(replica.topicId) ?? [];
    if (partitions.length === 0) topics.set(replica.topicId, partitions);
    partitions.push({
      partitionIndex: replica.partition,
      leaderEpoch: proposal.leaderEpoch,
      newIsrWithEpochs: proposal.isr,
      leaderRecoveryState: proposal.recovering ? 1 : 0,
      partitionEpoch: proposal.partitionEpoch,
    });
  }
  return [...topics].map(([topicId, partitions]) => ({ topicId, partitions }));
}
