/** How every codec says that its input is no good, and how it asks for its native library. */
import { createRequire } from 'node:module';
import { ErrorCode, ProtocolError } from '../errors.ts';

/** Loads a native library when it is first needed, so that a broker that never needs it starts without it. */
export function lazily<T>(load: (require: NodeJS.Require) => T): () => T {
  let library: T | undefined;
  return () => (library ??= load(createRequire(import.meta.url)));
}

export function corrupt(codec: string, detail: string, cause?: unknown): ProtocolError {
  return new ProtocolError(ErrorCode.CORRUPT_MESSAGE, `${codec}: ${detail}`, { cause });
}

export function tooLarge(codec: string, maxOutputLength: number): ProtocolError {
  return new ProtocolError(ErrorCode.INVALID_RECORD, `${codec}: grows beyond ${maxOutputLength} bytes`);
}

/** The error of a library as one of ours. */
export function codecError(codec: string, error: unknown, maxOutputLength: number): ProtocolError {
  if (error instanceof ProtocolError) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ERR_BUFFER_TOO_LARGE') return tooLarge(codec, maxOutputLength);
  return corrupt(codec, error instanceof Error ? error.message : String(error), error);
}
