/**
 * Replica lists that a person wrote: what they must be like before anything is done with them.
 */
import { ErrorCode } from '@tidelog/protocol';
import { refusal, type DecisionContext, type Verdict } from './decision.ts';
import { hasDuplicates } from './lists.ts';

/** INVALID_REPLICA_ASSIGNMENT unless the brokers exist, each once, and as many as `replicationFactor` if given. */
export function judgeAssignment(
  { image }: Pick<DecisionContext, 'image'>,
  brokerIds: readonly number[],
  replicationFactor?: number,
): Verdict {
  const invalid = (detail: string): Verdict => refusal(ErrorCode.INVALID_REPLICA_ASSIGNMENT, detail);
  if (brokerIds.length === 0) return invalid('The manual partition assignment includes an empty replica list.');
  if (hasDuplicates(brokerIds)) {
    return invalid('The manual partition assignment includes a broker more than once.');
  }
  const unknown = brokerIds.find((id) => image.cluster.broker(id) === undefined);
  if (unknown !== undefined) {
    return invalid(`The manual partition assignment includes broker ${unknown}, but no such broker is registered.`);
  }
  if (replicationFactor !== undefined && brokerIds.length !== replicationFactor) {
    return invalid(
      `The manual partition assignment includes a partition with ${brokerIds.length} replica(s), but this is not ` +
        `consistent with previous partitions, which have ${replicationFactor} replica(s).`,
    );
  }
  return undefined;
}
