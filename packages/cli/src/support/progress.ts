/** How far a long reading has come, on standard error: only where a person looks and there is much to read. */

const worthShowing = 32 * 1024 * 1024;
const redrawMs = 100;
const width = 30;

export class Progress {
  readonly #title: string;
  readonly #total: number;
  readonly #shown: boolean;
  #drawnAt = 0;

  constructor(title: string, total: number) {
    this.#title = title;
    this.#total = total;
    this.#shown = process.stderr.isTTY && total >= worthShowing;
  }

  at(done: number): void {
    const now = performance.now();
    if (!this.#shown || now - this.#drawnAt < redrawMs) return;
    this.#drawnAt = now;
    const part = Math.min(1, done / this.#total);
    const bar = '#'.repeat(Math.round(part * width)).padEnd(width, '.');
    process.stderr.write(`\r${this.#title} [${bar}] ${Math.floor(part * 100)} %`);
  }

  end(): void {
    if (this.#shown && this.#drawnAt > 0) process.stderr.write('\r\x1b[K');
  }
}
