/**
 * The snapshots in the metadata log's directory:
 *
 *   00000000000000001234-0000000007.checkpoint            complete, synced and verified
 *   00000000000000001234-0000000007.checkpoint.part       being fetched from the leader; a later start goes on with it
 *   00000000000000001234-0000000007.checkpoint.new.part   being written here; a start removes it
 */
import type { Disk, World } from '@tidelog/core';
import type { OffsetAndEpoch } from '../core/epoch-cache.ts';
import type { SnapshotReader } from '../raft-listener.ts';
import { SnapshotError, snapshotReader, verifySnapshot, type SnapshotContent } from './snapshot-file.ts';
import { writeSnapshot, type SnapshotInput } from './snapshot-writer.ts';

const suffix = '.checkpoint';
const pattern = /^(\d{20})-(\d{10})\.checkpoint$/;

export function snapshotName({ offset, epoch }: OffsetAndEpoch): string {
  return `${String(offset).padStart(20, '0')}-${String(epoch).padStart(10, '0')}${suffix}`;
}

export class SnapshotStore {
  readonly #world: World;
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #contents = new Map<string, SnapshotContent>();

  constructor(world: World, directory: string) {
    this.#world = world;
    this.#disk = world.disk;
    this.#directory = directory;
  }

  /** Complete snapshots by offset, the oldest first. Removes what a crash left half written. */
  load(): OffsetAndEpoch[] {
    const ids: OffsetAndEpoch[] = [];
    for (const name of this.#disk.list(this.#directory)) {
      if (name.endsWith(`${suffix}.new.part`) || name.endsWith(`${suffix}.deleted`))
        this.#disk.remove(this.#path(name));
      const match = pattern.exec(name);
      if (match !== null) ids.push({ offset: Number(match[1]), epoch: Number(match[2]) });
    }
    return ids.sort((a, b) => a.offset - b.offset || a.epoch - b.epoch);
  }

  /** What the control records of a snapshot say. Throws SnapshotError when it is damaged. */
  content(id: OffsetAndEpoch): SnapshotContent {
    const name = snapshotName(id);
    let content = this.#contents.get(name);
    if (content === undefined) {
      content = verifySnapshot(this.#disk, this.#path(name));
      this.#contents.set(name, content);
    }
    return content;
  }

  reader(id: OffsetAndEpoch): SnapshotReader {
    return snapshotReader(this.#disk, this.#path(snapshotName(id)), id, this.content(id));
  }

  async create(input: SnapshotInput): Promise<void> {
    const part = this.#path(`${snapshotName(input.id)}.new.part`);
    await writeSnapshot(this.#world, part, input);
    this.#disk.rename(part, this.#path(snapshotName(input.id)));
    await this.#disk.syncDirectory(this.#directory);
  }

  sizeOf(id: OffsetAndEpoch): number {
    return this.#disk.stat(this.#path(snapshotName(id)))?.size ?? 0;
  }

  modifiedMs(id: OffsetAndEpoch): number {
    return this.#disk.stat(this.#path(snapshotName(id)))?.modifiedMs ?? 0;
  }

  remove(id: OffsetAndEpoch): void {
    const name = snapshotName(id);
    this.#contents.delete(name);
    if (this.#disk.stat(this.#path(name)) !== undefined) this.#disk.remove(this.#path(name));
  }

  /** Bytes of a snapshot for a replica that fetches it. */
  async readBytes(id: OffsetAndEpoch, position: number, maxBytes: number): Promise<{ size: number; bytes: Buffer }> {
    const file = this.#disk.open(this.#path(snapshotName(id)), 'read');
    try {
      const size = file.size();
      if (position >= size) return { size, bytes: Buffer.alloc(0) };
      return { size, bytes: await file.readAsync(position, Math.min(maxBytes, size - position)) };
    } finally {
      file.close();
    }
  }

  /** How much of a snapshot is here already. Partial files of others are of no more use. */
  openPart(id: OffsetAndEpoch): number {
    const wanted = `${snapshotName(id)}.part`;
    for (const name of this.#disk.list(this.#directory)) {
      if (name.endsWith(`${suffix}.part`) && name !== wanted) this.#disk.remove(this.#path(name));
    }
    return this.#disk.stat(this.#path(wanted))?.size ?? 0;
  }

  writePart(id: OffsetAndEpoch, position: number, bytes: Buffer): void {
    const file = this.#disk.open(this.#path(`${snapshotName(id)}.part`), 'write');
    try {
      file.write([bytes], position);
    } finally {
      file.close();
    }
  }

  discardPart(id: OffsetAndEpoch): void {
    const path = this.#path(`${snapshotName(id)}.part`);
    if (this.#disk.stat(path) !== undefined) this.#disk.remove(path);
  }

  /** Syncs and verifies a fetched snapshot, then gives it its name. Throws SnapshotError, having removed it. */
  async install(id: OffsetAndEpoch, size: number): Promise<SnapshotContent> {
    const name = snapshotName(id);
    const part = this.#path(`${name}.part`);
    const file = this.#disk.open(part, 'write');
    try {
      file.truncate(size);
      await file.sync();
    } finally {
      file.close();
    }
    let content: SnapshotContent;
    try {
      content = verifySnapshot(this.#disk, part);
    } catch (error) {
      this.#disk.remove(part);
      throw error instanceof SnapshotError ? error : new SnapshotError(`${part} can not be read: ${String(error)}`);
    }
    this.#disk.rename(part, this.#path(name));
    await this.#disk.syncDirectory(this.#directory);
    this.#contents.set(name, content);
    return content;
  }

  #path(name: string): string {
    return `${this.#directory}/${name}`;
  }
}
