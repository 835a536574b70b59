/** What all logs of a store share, and what the logs of one directory share. */
import type { DiskError, Logger, Uuid, World } from '@tidelog/core';
import type { FileHandles } from './file-handles.ts';
import type { IndexCache } from './index-cache.ts';
import { LogOfflineError } from './log-offline-error.ts';
import type { Slots } from './slots.ts';
import type { LogDirectory, LogStoreStats } from './store-types.ts';
import type { TailBudget } from './tail.ts';
import type { TurnEnd } from './turn-end.ts';

export interface LogContext {
  readonly world: World;
  readonly logger: Logger;
  readonly handles: FileHandles;
  readonly cache: IndexCache;
  readonly tails: TailBudget;
  readonly stats: LogStoreStats;
  readonly turn: TurnEnd;
  /** Each lookup by time reads a mebibyte at a time: one request may ask for every partition. */
  readonly lookups: Slots;
  /** Files that are removed, over all logs: one at a time, so that requests find threads of the pool. */
  readonly removals: Slots;
  readonly limits: LogLimits;
  /** Accepted bytes of all logs that wait to be written. */
  pendingBytes: number;
}

export interface LogLimits {
  readonly producerIdExpirationMs: number;
  readonly transactionVerification: boolean;
  /** A synchronous write that takes longer sends its directory over to asynchronous ones. */
  readonly slowWriteMs: number;
  /** Accepted bytes of one log that may wait to be written; beyond, appends are refused. */
  readonly pendingBytesMax: number;
  /** The same for all logs together. */
  readonly pendingBytesTotalMax: number;
}

/** Asynchronous writes in a row that must have been quick before a directory is written to on the loop again. */
const quickWritesToRecover = 16;
/** A large write may take longer: 200 MB a second is no stall. */
const slowBytesPerMs = 200_000;

/**
 * One log directory as its logs see it: whether it still works, and whether it is slow.
 *
 *   quick ──a write on the loop takes longer than slowWriteMs──▶ slow ──16 quick asynchronous writes──▶ quick
 *   either ──an error that is not lack of room──▶ offline (for good: only a restart brings it back)
 */
export class DirectoryHealth {
  readonly path: string;
  readonly directoryId: Uuid;
  readonly onlyByName: boolean;
  onOffline: ((error: LogOfflineError) => void) | undefined;
  /** How many logs of the store are in it. */
  logCount = 0;
  /** Logs that the checkpoints on disk may speak of and that are not there any more. */
  readonly leftovers = new Set<string>();
  /** Writes the checkpoints of the directory at once: a recovery point is about to go back. */
  writeCheckpoints: (() => void) | undefined;
  #offline: LogOfflineError | undefined;
  #slow = false;
  #quickWrites = 0;

  constructor({ path, directoryId, onlyByName = false }: LogDirectory) {
    this.path = path;
    this.directoryId = directoryId;
    this.onlyByName = onlyByName;
  }

  get offline(): LogOfflineError | undefined {
    return this.#offline;
  }

  get slow(): boolean {
    return this.#slow;
  }

  takeOffline(error: LogOfflineError): void {
    if (this.#offline !== undefined) return;
    this.#offline = error;
    this.onOffline?.(error);
  }

  /** Takes note of how long a write took, in milliseconds; true when that changes how writes are done. */
  onWriteTook(tookMs: number, bytes: number, slowWriteMs: number): boolean {
    const limitMs = slowWriteMs + bytes / slowBytesPerMs;
    if (!this.#slow) {
      this.#slow = tookMs > limitMs;
      this.#quickWrites = 0;
      return this.#slow;
    }
    this.#quickWrites = tookMs > limitMs / 2 ? 0 : this.#quickWrites + 1;
    if (this.#quickWrites >= quickWritesToRecover) this.#slow = false;
    return !this.#slow;
  }
}

export function offlineBecause(error: DiskError, doing: string): LogOfflineError {
  return new LogOfflineError(`${doing} ${error.path} failed: ${error.code}`, { path: error.path, cause: error });
}
