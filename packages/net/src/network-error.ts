/** Why an outbound request has no response. `unsupportedVersion` is final; the others may be retried. */
export type NetworkErrorCode =
  /** The connection could not be had. */
  | 'connect'
  /** No response in time; the connection is given up, since a later answer could only come after this one. */
  | 'timeout'
  /** The connection closed (here or there) while the request was waiting; it may have been served. */
  | 'closed'
  /** The peer sent something that is no response of this protocol. */
  | 'protocol'
  /** The peer does not serve this API, or no version of it that is asked for. */
  | 'unsupportedVersion';

export class NetworkError extends Error {
  override readonly name = 'NetworkError';
  readonly code: NetworkErrorCode;

  constructor(code: NetworkErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
