/**
 * One file of the in-memory disk: what readers see, what is durable, and the changes between the two in their order. A
 * crash keeps an arbitrary part of those changes, sector by sector, as a page cache does.
 */
import type { Random } from '../random.ts';

const sectorBytes = 512;

type Change =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly size: number };

export class MemoryFileContent {
  #visible = Buffer.alloc(0);
  #durable = Buffer.alloc(0);
  #size = 0;
  #durableSize = 0;
  #changes: Change[] = [];
  /** How many changes were synced or lost before the ones in the list. */
  #settledChanges = 0;
  modifiedMs = 0;

  get size(): number {
    return this.#size;
  }

  /** Bytes written since the last sync. */
  get unsyncedBytes(): number {
    return this.#changes.reduce((sum, change) => sum + (change.kind === 'write' ? change.bytes.length : 0), 0);
  }

  write(bytes: Uint8Array, position: number): void {
    const change: Change = { kind: 'write', position, bytes: Buffer.from(bytes) };
    this.#visible = grown(this.#visible, position + bytes.length);
    this.#visible.set(bytes, position);
    this.#size = Math.max(this.#size, position + bytes.length);
    this.#changes.push(change);
  }

  truncate(size: number): void {
    this.#visible = grown(this.#visible, size);
    if (size < this.#size) this.#visible.fill(0, size, this.#size);
    this.#size = size;
    this.#changes.push({ kind: 'truncate', size });
  }

  read(position: number, length: number): Buffer {
    return Buffer.from(this.#visible.subarray(Math.min(position, this.#size), Math.min(position + length, this.#size)));
  }

  /** How many changes there have been: a sync that begins now covers them and none that follow. */
  get changeCount(): number {
    return this.#settledChanges + this.#changes.length;
  }

  /** Makes the first so many changes durable; those made while a sync was under way may stay behind. */
  sync(upTo: number = this.changeCount): void {
    const covered = Math.min(this.#changes.length, Math.max(0, upTo - this.#settledChanges));
    for (const change of this.#changes.slice(0, covered)) this.#applyDurably(change);
    this.#changes = this.#changes.slice(covered);
    this.#settledChanges += covered;
  }

  /** Bit rot: the change is durable and nobody is told. */
  flipBit(position: number, bit: number): void {
    for (const image of [this.#visible, this.#durable]) {
      if (position < image.length) image[position] = (image[position] as number) ^ (1 << bit);
    }
  }

  /** Power is lost: of the unsynced changes each sector survives with the given probability. */
  crash(random: Random, keepProbability: number): void {
    for (const change of this.#changes) {
      if (change.kind === 'truncate') {
        if (random.next() < keepProbability) this.#applyDurably(change);
        continue;
      }
      for (let at = 0; at < change.bytes.length;) {
        const position = change.position + at;
        const end = Math.min(change.bytes.length, at + sectorBytes - (position % sectorBytes));
        if (random.next() < keepProbability) {
          this.#applyDurably({ kind: 'write', position, bytes: change.bytes.subarray(at, end) });
        }
        at = end;
      }
    }
    this.#settledChanges += this.#changes.length;
    this.#changes = [];
    this.#visible = Buffer.from(this.#durable);
    this.#size = this.#durableSize;
  }

  #applyDurably(change: Change): void {
    const end = change.kind === 'truncate' ? change.size : change.position + change.bytes.length;
    this.#durable = grown(this.#durable, end);
    if (change.kind === 'truncate') {
      this.#durable.fill(0, change.size, Math.max(change.size, this.#durableSize));
      this.#durableSize = change.size;
    } else {
      this.#durable.set(change.bytes, change.position);
      this.#durableSize = Math.max(this.#durableSize, end);
    }
  }
}

function grown(buffer: Buffer, size: number): Buffer<ArrayBuffer> {
  if (size <= buffer.length) return buffer as Buffer<ArrayBuffer>;
  const bigger = Buffer.alloc(Math.max(size, buffer.length * 2, 256));
  bigger.set(buffer);
  return bigger;
}
