/** A log or its directory can no longer be trusted or reached; everything asked of it answers KAFKA_STORAGE_ERROR. */
export class LogOfflineError extends Error {
  override readonly name = 'LogOfflineError';
  /** The file that failed. */
  readonly path: string;
  /** The byte position in it, where one is known. */
  readonly position: number | undefined;
  /** It may work when it is tried again. */
  readonly isForNow: boolean;

  constructor(detail: string, where: LogOfflineWhere) {
    super(detail, { cause: where.cause });
    this.path = where.path;
    this.position = where.position;
    this.isForNow = where.isForNow ?? false;
  }
}

interface LogOfflineWhere {
  readonly path: string;
  readonly position?: number;
  readonly cause?: unknown;
  readonly isForNow?: boolean;
}
