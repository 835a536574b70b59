/** The contents of index files that somebody has looked something up in, up to a budget over all logs. */
const budgetBytes = 32 * 1024 * 1024;

export class IndexCache {
  /** Least recently used first. */
  readonly #contents = new Map<object, Buffer>();
  #bytes = 0;

  get(index: object): Buffer | undefined {
    const content = this.#contents.get(index);
    if (content !== undefined) {
      this.#contents.delete(index);
      this.#contents.set(index, content);
    }
    return content;
  }

  put(index: object, content: Buffer): void {
    this.forget(index);
    this.#contents.set(index, content);
    this.#bytes += content.length;
    for (const [other, bytes] of this.#contents) {
      if (this.#bytes <= budgetBytes || other === index) return;
      this.#contents.delete(other);
      this.#bytes -= bytes.length;
    }
  }

  forget(index: object): void {
    const content = this.#contents.get(index);
    if (content === undefined) return;
    this.#contents.delete(index);
    this.#bytes -= content.length;
  }
}
