/**
 * Standard output for what can be long: lines are gathered and written in pieces, and the writer waits while the reader
 * is slower. A reader that goes away early (`| head`) ends the command without a word.
 */
import { once } from 'node:events';

const pieceLength = 64 * 1024;

export class LineOutput {
  readonly #stream: NodeJS.WriteStream;
  #pending = '';

  constructor(stream: NodeJS.WriteStream = process.stdout) {
    this.#stream = stream;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }

  line(text: string): void {
    this.#pending += `${text}\n`;
  }

  /** Writes what has gathered, when it is enough or with `all`. */
  async flush({ all }: { readonly all: boolean }): Promise<void> {
    if (this.#pending.length === 0 || (!all && this.#pending.length < pieceLength)) return;
    const text = this.#pending;
    this.#pending = '';
    if (!this.#stream.write(text)) await once(this.#stream, 'drain');
  }
}
