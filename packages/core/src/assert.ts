/** What an assertion that failed throws: a broken invariant, never a bad input. The node that sees one stops. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** Stops the node when an invariant does not hold. Stays on in production. */
export function assert(condition: unknown, message: string | (() => string)): asserts condition {
  if (!condition) throw new AssertionError(typeof message === 'string' ? message : message());
}

/** The value, which the caller knows to be there. */
export function must<T>(value: T | null | undefined, message = 'a value that must be there is missing'): T {
  if (value === null || value === undefined) throw new AssertionError(message);
  return value;
}

/** For the branch that the types say cannot be reached. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`);
}
