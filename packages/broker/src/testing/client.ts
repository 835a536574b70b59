/** The requests of a simple client against a test broker. */
import { Fetch, ListOffsets, Produce, type EncodeOf, type ResponseOf } from '@tidelog/protocol';
import { createNodeWorld, type Chunks } from '@tidelog/core';
import { batchOf } from './records.ts';
import type { RequestOptions, TestBroker } from './test-broker.ts';

export interface ProduceOptions extends RequestOptions {
  readonly topicId: string;
  readonly partition?: number;
  readonly acks?: number;
  readonly timeoutMs?: number;
  readonly records?: Chunks | null;
  readonly values?: readonly string[];
}

type ProduceAnswer = ResponseOf<typeof Produce>['responses'][number]['partitionResponses'][number];

export async function produce(broker: TestBroker, options: ProduceOptions): Promise<ProduceAnswer> {
  const { topicId, partition = 0, acks = -1, timeoutMs = 5000, values = ['x'] } = options;
  const records = options.records === undefined ? batchOf(values) : options.records;
  const topicData = [{ topicId, partitionData: [{ index: partition, records }] }];
  const response = await broker.request(Produce, { acks, timeoutMs, topicData }, options);
  const answer = response.responses[0]?.partitionResponses[0];
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

export interface FetchOptions extends RequestOptions, Partial<FetchFields> {
  readonly topicId: string;
  readonly partition?: number;
  readonly offset: number;
  readonly position?: Partial<EncodeOf<(typeof Fetch)['request']>['topics'][number]['partitions'][number]>;
}

type FetchFields = Pick<
  EncodeOf<(typeof Fetch)['request']>,
  'maxWaitMs' | 'minBytes' | 'maxBytes' | 'isolationLevel' | 'sessionId' | 'sessionEpoch' | 'rackId' | 'replicaState'
>;
type FetchAnswer = ResponseOf<typeof Fetch>['responses'][number]['partitions'][number];

export async function fetch(broker: TestBroker, options: FetchOptions): Promise<FetchAnswer> {
  const { topicId, partition = 0, offset, position, version, clientId, closed, ...fields } = options;
  const asked = { partition, fetchOffset: offset, partitionMaxBytes: 1_048_576, ...position };
  const request = {
    maxWaitMs: 0,
    minBytes: 1,
    ...fields,
    topics: [{ topicId, partitions: [asked] }],
    forgottenTopicsData: [],
  };
  const response = await broker.request(Fetch, request, {
    ...(version !== undefined && { version }),
    ...(clientId !== undefined && { clientId }),
    ...(closed !== undefined && { closed }),
  });
  const answer = response.responses[0]?.partitions[0];
  if (answer === undefined) throw new Error(`no answer, error ${response.errorCode}`);
  return answer;
}

export async function listOffset(broker: TestBroker, topic: string, timestamp: number): Promise<number> {
  const partitions = [{ partitionIndex: 0, timestamp }];
  const response = await broker.request(ListOffsets, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name: topic, partitions }],
  });
  return response.topics[0]?.partitions[0]?.offset ?? -99;
}

const { clock, timers } = createNodeWorld();

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => timers.after(ms, resolve));
}

/** Waits until something holds, looking every few milliseconds, for as long as a busy machine may need. */
export async function until(holds: () => boolean, what: string, timeoutMs = 20_000): Promise<void> {
  const start = clock.monotonic();
  while (!holds()) {
    if (clock.monotonic() - start > timeoutMs) throw new Error(`waited in vain: ${what}`);
    await pause(2);
  }
}
