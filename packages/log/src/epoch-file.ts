/**
 * `leader-epoch-checkpoint`: replaced whole at every change, synced only together with the log. What a crash loses
 * of it is found again in the batches above the recovery point.
 */
import { encodeEpochs } from './core/checkpoint-text.ts';
import { epochFileName } from './core/segment-names.ts';
import type { LogState } from './log-state.ts';

export class EpochFile {
  readonly #state: LogState;
  #changed = false;
  #unsynced = false;

  constructor(state: LogState) {
    this.#state = state;
  }

  get path(): string {
    return `${this.#state.path}/${epochFileName}`;
  }

  /** The epochs have changed: the file is written before the next batch is, or at the next sync. */
  onChange(): void {
    this.#changed = true;
  }

  writeIfChanged(): void {
    if (this.#changed) this.write();
  }

  write(): void {
    const { context, epochs } = this.#state;
    const temporary = `${this.path}.tmp`;
    const content = Buffer.from(encodeEpochs(epochs.entries));
    context.handles.once(temporary, 'write', (file) => {
      file.write([content], 0);
      file.truncate(content.length);
    });
    context.world.disk.rename(temporary, this.path);
    this.#changed = false;
    this.#unsynced = true;
  }

  /** Makes the last write durable; true when there was one, so that the directory has to be synced too. */
  async sync(): Promise<boolean> {
    this.writeIfChanged();
    if (!this.#unsynced) return false;
    // It may be written again meanwhile.
    this.#unsynced = false;
    const { handles } = this.#state.context;
    try {
      await handles.use(this.path, 'write', (file) => file.sync());
    } catch (error) {
      this.#unsynced = true;
      throw error;
    }
    handles.forget(this.path);
    return true;
  }
}
