/**
 * What every step of one cleaning shares: the log, the pace, what was counted, and the reasons to give up at once.
 * Giving up is always safe: what was replaced stays, what was not is found again from the clean point.
 */
import type { LogState } from '../log-state.ts';
import type { Segment } from '../segment.ts';
import type { CleanerConfig } from './cleaner-config.ts';
import type { Pacer } from './pacer.ts';

/** The log was closed, deleted, truncated, or has another leader: the cleaning was given up. */
export class CleaningInterrupted extends Error {
  override readonly name = 'CleaningInterrupted';
}

export class CleaningRun {
  readonly state: LogState;
  readonly pacer: Pacer;
  readonly config: CleanerConfig;
  bytesRead = 0;
  bytesWritten = 0;
  readonly #truncations: number;
  readonly #leaderEpoch: number;

  constructor(state: LogState, { pacer, config }: { readonly pacer: Pacer; readonly config: CleanerConfig }) {
    this.state = state;
    this.pacer = pacer;
    this.config = config;
    this.#truncations = state.truncations;
    this.#leaderEpoch = state.epochs.latest;
  }

  /** Throws CleaningInterrupted when the log is not any more what the cleaning has begun with. */
  check(segments: readonly Segment[]): void {
    const { state } = this;
    const reason = this.#reasonToStop(segments);
    if (reason !== undefined) throw new CleaningInterrupted(`${state.name}: ${reason}`);
  }

  /** Whether what was cleaned is still what the log holds. */
  get isIntact(): boolean {
    return !this.state.gone && this.state.truncations === this.#truncations;
  }

  /** How these segments are read: counted, paced, and given up where that has to be. */
  reader(segments: readonly Segment[]): {
    readonly bufferBytes: number;
    onRead(bytes: number): Promise<void>;
    afterBatch(): Promise<void> | undefined;
  } {
    return {
      bufferBytes: this.config.ioBufferBytes,
      onRead: async (bytes) => {
        this.bytesRead += bytes;
        await this.pacer.onBytes(bytes);
        this.check(segments);
      },
      afterBatch: () => (this.pacer.isDue ? this.pause(segments) : undefined),
    };
  }

  async onWritten(bytes: number, segments: readonly Segment[]): Promise<void> {
    this.bytesWritten += bytes;
    await this.pacer.onBytes(bytes);
    this.check(segments);
  }

  async pause(segments: readonly Segment[]): Promise<void> {
    await this.pacer.pause();
    this.check(segments);
  }

  #reasonToStop(segments: readonly Segment[]): string | undefined {
    const { state, pacer } = this;
    if (pacer.stopped) return 'the cleaner stops';
    if (state.gone || state.offline !== undefined) return 'the log is gone';
    if (state.truncations !== this.#truncations) return 'the log was truncated';
    if (state.epochs.latest !== this.#leaderEpoch) return 'the leader has changed';
    const at = state.segments.indexOf(segments[0] as Segment);
    const same = at >= 0 && segments.every((segment, index) => state.segments[at + index] === segment);
    return same ? undefined : 'segments were deleted';
  }
}
