/** The settings of the cleaner, `log.cleaner.*`; what belongs to a topic is in its LogConfig. */
export interface CleanerConfig {
  /** log.cleaner.enable */
  readonly enabled: boolean;
  /** How long it rests when there was nothing to clean. */
  readonly backoffMs: number;
  /** The most that the map of keys takes. */
  readonly dedupeBufferBytes: number;
  /** How full the map may become. */
  readonly loadFactor: number;
  /** Read and written at a time. */
  readonly ioBufferBytes: number;
  /** Read and written together; Infinity for no limit. */
  readonly ioMaxBytesPerSecond: number;
}

export const defaultCleanerConfig: CleanerConfig = {
  enabled: true,
  backoffMs: 15_000,
  dedupeBufferBytes: 128 * 1024 * 1024,
  loadFactor: 0.9,
  ioBufferBytes: 512 * 1024,
  ioMaxBytesPerSecond: Infinity,
};
