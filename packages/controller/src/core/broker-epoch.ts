/**
 * Whether a broker that asks for something is the one that is registered. A former incarnation, or one that was
 * registered again, must not act on behalf of its successor.
 */
import { ErrorCode } from '@tidelog/protocol';
import { refusal, type DecisionContext, type Verdict } from './decision.ts';

export interface BrokerIdentity {
  readonly brokerId: number;
  readonly brokerEpoch: number;
}

export function judgeBrokerEpoch({ image }: Pick<DecisionContext, 'image'>, identity: BrokerIdentity): Verdict {
  const { brokerId, brokerEpoch } = identity;
  const broker = image.cluster.broker(brokerId);
  if (broker === undefined) {
    return refusal(ErrorCode.BROKER_ID_NOT_REGISTERED, `No broker with id ${brokerId} is registered.`);
  }
  if (broker.epoch === brokerEpoch) return undefined;
  const detail = `Expected broker epoch ${broker.epoch} of broker ${brokerId}, but got ${brokerEpoch}`;
  return refusal(ErrorCode.STALE_BROKER_EPOCH, detail);
}
