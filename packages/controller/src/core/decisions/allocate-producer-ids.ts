/**
 * AllocateProducerIds: a broker gets the next thousand. They are gone when the record is committed, whether or not the
 * broker ever uses them, so that no id is given twice.
 */
import { type AllocateProducerIds, ErrorCode, type RequestOf } from '@tidelog/protocol';
import { judgeBrokerEpoch } from '../broker-epoch.ts';
import type { Decision, DecisionContext } from '../decision.ts';

export const producerIdBlockSize = 1000;

export interface AllocateProducerIdsResult {
  readonly throttleTimeMs: number;
  readonly errorCode: ErrorCode;
  readonly producerIdStart: number;
  readonly producerIdLen: number;
}

export function decideAllocateProducerIds(
  context: DecisionContext,
  { brokerId, brokerEpoch }: RequestOf<typeof AllocateProducerIds>,
): Decision<AllocateProducerIdsResult> {
  const start = context.image.nextProducerId;
  const nextProducerId = start + producerIdBlockSize;
  const exhausted = nextProducerId > Number.MAX_SAFE_INTEGER ? ErrorCode.UNKNOWN_SERVER_ERROR : undefined;
  const errorCode = judgeBrokerEpoch(context, { brokerId, brokerEpoch })?.errorCode ?? exhausted;
  if (errorCode !== undefined) {
    return { records: [], response: { throttleTimeMs: 0, errorCode, producerIdStart: -1, producerIdLen: 0 } };
  }
  return {
    records: [{ type: 'producerIds', brokerId, brokerEpoch, nextProducerId }],
    response: {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      producerIdStart: start,
      producerIdLen: producerIdBlockSize,
    },
  };
}
