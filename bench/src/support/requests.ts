/** Requests that are built once and sent many times, as the bytes that go over the wire. */
import { Chunks } from '@tidelog/core';
import { buildBatch, Fetch, Produce, RequestHeader, type Api } from '@tidelog/protocol';

export interface Shape {
  /** Bytes of a record's value. */
  readonly recordBytes: number;
  /** Bytes of a request, about. */
  readonly requestBytes: number;
}

export interface ProduceRequest {
  /** With the length in front. */
  readonly frame: Buffer;
  /** Where the batch begins in the frame behind its length, and how long it is. */
  readonly batchAt: number;
  readonly batchBytes: number;
  readonly records: number;
}

/** One batch for partition 0 of a topic, acks=1. */
export function produceRequest(topic: string, { recordBytes, requestBytes }: Shape): ProduceRequest {
  const count = Math.max(1, Math.floor((requestBytes - 150) / (recordBytes + 12)));
  const value = Buffer.alloc(recordBytes, 'abcdefghijklmnopqrstuvwxyz');
  const timestamp = Date.now();
  const records = Array.from({ length: count }, () => ({ key: null, value, timestamp }));
  const batch = buildBatch({ records });
  const topicData = [{ name: topic, partitionData: [{ index: 0, records: Chunks.of(batch) }] }];
  const frame = frameOf(Produce, 9, Produce.request.encode({ acks: 1, timeoutMs: 30_000, topicData }, 9));
  return { frame, batchAt: frame.indexOf(batch.subarray(0, 61)) - 4, batchBytes: batch.length, records: count };
}

/** Everything from an offset on, up to so many bytes, at once. */
export function fetchRequest(topic: string, { offset, maxBytes }: { offset: number; maxBytes: number }): Buffer {
  const request = {
    replicaId: -1,
    maxWaitMs: 1000,
    minBytes: 1,
    maxBytes,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [{ topic, partitions: [{ partition: 0, fetchOffset: offset, partitionMaxBytes: maxBytes }] }],
    forgottenTopicsData: [],
    rackId: '',
  };
  return frameOf(Fetch, 12, Fetch.request.encode(request, 12));
}

function frameOf(api: Api, apiVersion: number, body: Chunks): Buffer {
  const header = RequestHeader.encode(
    { requestApiKey: api.key, requestApiVersion: apiVersion, correlationId: 1, clientId: 'bench' },
    api.requestHeaderVersion(apiVersion),
  );
  const bytes = Chunks.join([header, body]).toBuffer();
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
