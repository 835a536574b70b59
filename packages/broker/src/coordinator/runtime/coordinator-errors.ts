/** What a failed append of a coordinator's records means to its clients: retry here, look for another, or give up. */
import { ErrorCode } from '@tidelog/protocol';

const notAvailable: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.NOT_ENOUGH_REPLICAS,
  ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  ErrorCode.REQUEST_TIMED_OUT,
]);

const elsewhere: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.KAFKA_STORAGE_ERROR,
  ErrorCode.FENCED_LEADER_EPOCH,
]);

const tooLarge: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ErrorCode.MESSAGE_TOO_LARGE,
  ErrorCode.RECORD_LIST_TOO_LARGE,
  ErrorCode.INVALID_FETCH_SIZE,
]);

export function clientError(error: ErrorCode): ErrorCode {
  if (notAvailable.has(error)) return ErrorCode.COORDINATOR_NOT_AVAILABLE;
  if (elsewhere.has(error)) return ErrorCode.NOT_COORDINATOR;
  return tooLarge.has(error) ? ErrorCode.UNKNOWN_SERVER_ERROR : error;
}
