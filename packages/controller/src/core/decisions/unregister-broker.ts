/**
 * Forgets a broker (UnregisterBroker). Its replicas stay assigned to it: moving them is a reassignment. With its
 * registration goes the epoch by which a clean stop is told from another, so that it is eligible nowhere (KIP-966).
 */
import type { MetadataRecord } from '@tidelog/metadata';
import { ErrorCode, type RequestOf, type UnregisterBroker } from '@tidelog/protocol';
import type { Decision, DecisionContext } from '../decision.ts';
import { planBrokerLeaving } from '../partition-changes.ts';

export interface UnregisterBrokerResult {
  readonly throttleTimeMs: number;
  readonly errorCode: ErrorCode;
  readonly errorMessage: string | null;
}

export function decideUnregisterBroker(
  context: DecisionContext,
  { brokerId }: RequestOf<typeof UnregisterBroker>,
): Decision<UnregisterBrokerResult> {
  const broker = context.image.cluster.broker(brokerId);
  if (broker === undefined) {
    const errorMessage = `Broker ID ${brokerId} is not currently registered`;
    const errorCode = ErrorCode.BROKER_ID_NOT_REGISTERED;
    return { records: [], response: { throttleTimeMs: 0, errorCode, errorMessage } };
  }
  const records: MetadataRecord[] = [
    ...planBrokerLeaving(context, { brokerId, unclean: true }),
    { type: 'unregisterBroker', brokerId, brokerEpoch: broker.epoch },
  ];
  context.sessions.remove(brokerId);
  const response = { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null };
  return { records, response, divisible: true };
}
