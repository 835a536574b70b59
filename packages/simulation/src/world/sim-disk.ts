/**
 * The disks of one machine: volumes, each an in-memory disk with its own faults, mounted under paths. A volume outlives
 * the process. What an asynchronous operation takes is drawn from the seed; a slow volume also holds up the process in
 * its synchronous writes, as a full page cache does.
 */
import {
  DiskError,
  MemoryDisk,
  type Disk,
  type DiskFile,
  type FileStat,
  type Millis,
  type OpenMode,
  type Random,
} from '@tidelog/core';

export interface VolumeHost {
  /** Runs a completion later, in the life of the process that asked for it. */
  defer(delayMs: Millis, completion: () => void): void;
  /** Holds the process. */
  stall(ms: Millis): void;
  wall(): Millis;
}

export interface VolumeFaults {
  /** Nothing works any more. */
  failed: boolean;
  readError: boolean;
  syncError: boolean;
  /** How much slower than usual; 1 is healthy. */
  slowness: number;
  /** Names of files whose durable replacement is not synced: a fault of the program, for the mutation check. */
  unsyncedReplacement: RegExp | undefined;
}

const syncMs = 0.6;
const stallAboveSlowness = 50;

export class Volume {
  readonly mountPoint: string;
  readonly faults: VolumeFaults = {
    failed: false,
    readError: false,
    syncError: false,
    slowness: 1,
    unsyncedReplacement: undefined,
  };
  readonly #random: Random;
  readonly #host: VolumeHost;
  readonly #unsynced = new Map<string, Buffer | undefined>();
  disk: MemoryDisk;

  constructor(mountPoint: string, random: Random, host: VolumeHost) {
    this.mountPoint = mountPoint;
    this.#random = random;
    this.#host = host;
    this.disk = this.#newDisk();
  }

  get isFull(): boolean {
    return this.disk.capacityBytes !== Infinity;
  }

  set isFull(full: boolean) {
    this.disk.capacityBytes = full ? this.disk.usedBytes() : Infinity;
  }

  /** The machine comes back with another, empty disk. */
  replace(): void {
    this.disk = this.#newDisk();
  }

  /** The simulation's own look at the disk: what fails for the process does not fail here. */
  withoutFaults<T>(look: () => T): T {
    const { disk } = this;
    const { fault } = disk;
    disk.fault = undefined;
    try {
      return look();
    } finally {
      disk.fault = fault;
    }
  }

  /** As Disk.replaceFile; the old content is remembered where the mutation says that the new one never gets durable. */
  replaceFile(path: string, content: Uint8Array): void {
    if (this.faults.unsyncedReplacement?.test(path) === true && !this.#unsynced.has(path)) {
      this.#unsynced.set(path, this.disk.stat(path) === undefined ? undefined : this.disk.readFile(path));
    }
    this.disk.replaceFile(path, content);
  }

  /** Of what was not synced each sector survives with the given probability. */
  losePower(random: Random, keepProbability: number): void {
    this.disk.crash(random, keepProbability);
    for (const [path, old] of this.#unsynced) {
      if (old !== undefined) this.disk.replaceFile(path, old);
      else if (this.disk.stat(path) !== undefined) this.disk.remove(path);
    }
    this.#unsynced.clear();
  }

  #newDisk(): MemoryDisk {
    const disk = new MemoryDisk({
      defer: (completion) => this.#host.defer(this.#latency(), completion),
      wall: () => this.#host.wall(),
    });
    disk.makeDirectory(this.mountPoint);
    disk.replaceFile(`${this.mountPoint}/.formatted`, Buffer.alloc(0));
    disk.fault = (operation) => {
      if (this.faults.failed) return 'EIO';
      if (operation === 'read' && this.faults.readError && this.#random.next() < 0.3) return 'EIO';
      if (operation === 'sync' && this.faults.syncError) return 'EIO';
      if (operation === 'write' && this.faults.slowness > stallAboveSlowness && this.#random.next() < 0.2) {
        this.#host.stall(this.#random.next() * this.faults.slowness);
      }
      return undefined;
    };
    return disk;
  }

  #latency(): Millis {
    const base = 0.05 + syncMs * this.#random.next() ** 2;
    return base * this.faults.slowness * (this.#random.next() < 0.01 ? 20 : 1);
  }
}

/** The volumes as one tree of names, for one life. Locks go with the life that took them. */
export class MountedDisk implements Disk {
  readonly #volumes: readonly Volume[];

  constructor(volumes: readonly Volume[]) {
    this.#volumes = volumes;
  }

  open(path: string, mode: OpenMode): DiskFile {
    return this.#volumeOf(path).disk.open(path, mode);
  }

  stat(path: string): FileStat | undefined {
    return this.#volumeOf(path).disk.stat(path);
  }

  list(directory: string): string[] {
    return this.#volumeOf(directory).disk.list(directory);
  }

  makeDirectory(path: string): void {
    this.#volumeOf(path).disk.makeDirectory(path);
  }

  rename(from: string, to: string): void {
    this.#volumeOf(from).disk.rename(from, to);
  }

  remove(path: string): void {
    this.#volumeOf(path).disk.remove(path);
  }

  removeAsync(path: string): Promise<void> {
    return this.#volumeOf(path).disk.removeAsync(path);
  }

  removeDirectory(path: string): void {
    this.#volumeOf(path).disk.removeDirectory(path);
  }

  removeDirectoryAsync(path: string): Promise<void> {
    return this.#volumeOf(path).disk.removeDirectoryAsync(path);
  }

  readFile(path: string): Buffer {
    return this.#volumeOf(path).disk.readFile(path);
  }

  replaceFile(path: string, content: Uint8Array): void {
    this.#volumeOf(path).replaceFile(path, content);
  }

  syncDirectory(path: string): Promise<void> {
    return this.#volumeOf(path).disk.syncDirectory(path);
  }

  freeBytes(path: string): { readonly total: number; readonly usable: number } {
    return this.#volumeOf(path).disk.freeBytes();
  }

  lock(path: string): boolean {
    return this.#volumeOf(path).disk.lock(path);
  }

  unlock(path: string): void {
    this.#volumeOf(path).disk.unlock(path);
  }

  #volumeOf(path: string): Volume {
    for (const volume of this.#volumes) {
      if (path === volume.mountPoint || path.startsWith(`${volume.mountPoint}/`)) return volume;
    }
    throw new DiskError('ENOENT', path);
  }
}
