/**
 * DeleteRecords v0-2: moves the log start up to an offset (-1: the high watermark) and answers when every live
 * replica has followed. Refuses topics that are compacted only: there the newest record of a key must stay.
 */
import type { Millis } from '@tidelog/core';
import { handler, type RequestContext } from '@tidelog/net';
import { DeleteRecords, ErrorCode, type EncodeOf, type RequestOf } from '@tidelog/protocol';
import type { Authorizer } from '../authorizer.ts';
import type { Deadline, Deadlines } from '../deadlines.ts';
import type { LowWatermarkWaiter } from '../replication/core/partition-events.ts';
import type { Replica } from '../replication/replica.ts';
import type { Replicas } from '../replication/replicas.ts';

export interface DeleteRecordsDeps {
  readonly replicas: Replicas;
  readonly authorizer: Authorizer;
}

type DeleteRecordsRequest = RequestOf<typeof DeleteRecords>;
type DeleteRecordsResponse = EncodeOf<(typeof DeleteRecords)['response']>;
type Answer = DeleteRecordsResponse['topics'][number]['partitions'][number];

export const deleteRecords = handler(DeleteRecords, [0, 2], handleDeleteRecords);

async function handleDeleteRecords(
  deps: DeleteRecordsDeps,
  request: DeleteRecordsRequest,
  context: RequestContext,
): Promise<DeleteRecordsResponse> {
  const { replicas, authorizer } = deps;
  const topics = request.topics.map(async ({ name, partitions }) => {
    const isAllowed = authorizer.authorize(context, 'DELETE', { type: 'TOPIC', name });
    const answers = partitions.map(async ({ partitionIndex, offset }): Promise<Answer> => {
      if (!isAllowed) return failed(partitionIndex, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
      const replica = replicas.get(name, partitionIndex);
      if (replica === undefined) return failed(partitionIndex, replicas.errorOf(name, partitionIndex));
      return deleteUpTo(replica, offset, { deadlines: replicas.deadlines, timeoutMs: request.timeoutMs });
    });
    return { name, partitions: await Promise.all(answers) };
  });
  return { topics: await Promise.all(topics) };
}

function deleteUpTo(
  replica: Replica,
  offset: number,
  { deadlines, timeoutMs }: { readonly deadlines: Deadlines; readonly timeoutMs: Millis },
): Answer | Promise<Answer> {
  const { partition, log } = replica;
  const error = replica.checkEpoch(-1, { leaderOnly: true });
  if (error !== ErrorCode.NONE || log === undefined) return failed(partition, error || ErrorCode.KAFKA_STORAGE_ERROR);
  const { cleanupPolicy } = log.config;
  if (cleanupPolicy.includes('compact') && !cleanupPolicy.includes('delete')) {
    return failed(partition, ErrorCode.POLICY_VIOLATION);
  }
  const target = offset === -1 ? replica.highWatermark : offset;
  if (target < 0 || target > replica.highWatermark) return failed(partition, ErrorCode.OFFSET_OUT_OF_RANGE);
  log.incrementLogStartOffset(target, 'DeleteRecords');
  // Also when retention has been there before: the core hears of the log start here.
  replica.onLogStartMoved();
  return new Promise((resolve) => {
    const waiter = new DeleteWaiter(partition, resolve, { deadlines, timeoutMs });
    replica.tell({ type: 'deleteParked', offset: target, waiter });
  });
}

class DeleteWaiter implements LowWatermarkWaiter {
  settled = false;
  readonly #partition: number;
  readonly #resolve: (answer: Answer) => void;
  readonly #deadlines: Deadlines;
  readonly #deadline: Deadline;

  constructor(
    partition: number,
    resolve: (answer: Answer) => void,
    { deadlines, timeoutMs }: { readonly deadlines: Deadlines; readonly timeoutMs: Millis },
  ) {
    this.#partition = partition;
    this.#resolve = resolve;
    this.#deadlines = deadlines;
    this.#deadline = deadlines.add({ onExpired: () => this.#settle(ErrorCode.REQUEST_TIMED_OUT, -1) }, timeoutMs);
  }

  onLowWatermark(errorCode: ErrorCode, lowWatermark: number): void {
    if (this.settled) return;
    this.#deadlines.remove(this.#deadline);
    this.#settle(errorCode, lowWatermark);
  }

  #settle(errorCode: ErrorCode, lowWatermark: number): void {
    this.settled = true;
    this.#resolve({ partitionIndex: this.#partition, lowWatermark, errorCode });
  }
}

function failed(partitionIndex: number, errorCode: ErrorCode): Answer {
  return { partitionIndex, lowWatermark: -1, errorCode };
}
