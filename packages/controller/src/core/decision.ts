/**
 * The one shape of everything the controller decides: from what it knows and a request to records and a response. The
 * records become true when they are committed, and the response is given then; until then later decisions see them.
 */
import type { Millis, Random } from '@tidelog/core';
import type { MetadataImage, MetadataRecord } from '@tidelog/metadata';
import type { ErrorCode } from '@tidelog/protocol';
import type { BrokerSessions } from './broker-sessions.ts';
import type { ControllerConfig } from './controller-config.ts';
import type { PartitionIndex } from './partition-index.ts';
import type { TopicCollisions } from './topic-names.ts';

/** What a decision may look at. */
export interface DecisionContext {
  readonly clusterId: string;
  readonly config: ControllerConfig;
  /** The metadata with everything decided so far, committed or not. */
  readonly image: MetadataImage;
  readonly index: PartitionIndex;
  readonly collisions: TopicCollisions;
  readonly sessions: BrokerSessions;
  /** On the monotonic clock. */
  readonly now: Millis;
  /** The offset that the first record of this decision will have. */
  readonly nextOffset: number;
  /** Seeded by the world: topic ids and where placement begins. */
  readonly random: Random;
}

export interface Decision<Response> {
  /** Appended as one atomic batch, unless `divisible` is set. */
  readonly records: readonly MetadataRecord[];
  readonly response: Response;
  /** Every prefix of the records leaves a state that can be gone on from: many of them may take several batches. */
  readonly divisible?: boolean;
}

export interface Refusal {
  readonly errorCode: ErrorCode;
  readonly errorMessage: string;
}

/** Why a request, or one item of it, is refused; undefined when it is not. */
export type Verdict = Refusal | undefined;

export function refusal(errorCode: ErrorCode, errorMessage: string): Refusal {
  return { errorCode, errorMessage };
}
