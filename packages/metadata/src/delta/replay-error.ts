/** A record that does not fit the state it is replayed on, such as a change of a partition that is not there. */
export class ReplayError extends Error {
  override readonly name = 'ReplayError';
}
