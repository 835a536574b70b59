/** Lines of a file as values of records, and the digest of values that come back in order. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const newline = 10;

/** The lines without their ends, in batches of about `size`. */
export function* lineBatches(path: string, size: number): Generator<Buffer[], void, undefined> {
  const bytes = readFileSync(path);
  let batch: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(newline, at);
    batch.push(bytes.subarray(at, end));
    at = end + 1;
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Takes values in the order of their offsets and refuses any other. */
export class OrderedDigest {
  readonly #hash = createHash('sha256');
  #next = 0;

  get count(): number {
    return this.#next;
  }

  /** A record; one that was seen already, as after a rebalance, does not count twice. */
  add(offset: number, value: Buffer | null): void {
    if (offset < this.#next) return;
    if (offset !== this.#next) throw new Error(`offset ${offset} came where ${this.#next} was to follow`);
    this.#next++;
    this.#hash.update(value ?? '').update('\n');
  }

  end(): string {
    return this.#hash.digest('hex');
  }
}
