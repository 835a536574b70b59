/** A real disk whose writes or reads fail, or whose syncs wait, when a test says so. */
import { DiskError, type Disk, type DiskErrorCode, type DiskFile } from '@tidelog/core';

export interface FaultyDisk extends Disk {
  writeFault: DiskErrorCode | undefined;
  readFault: DiskErrorCode | undefined;
  /** Syncs end when this does. */
  syncsWaitFor: Promise<void> | undefined;
}

export function faultyDisk(disk: Disk): FaultyDisk {
  const faulty: FaultyDisk = Object.create(disk, {
    lock: { value: (path: string) => disk.lock(path) },
    unlock: { value: (path: string) => disk.unlock(path) },
    writeFault: { value: undefined, writable: true },
    readFault: { value: undefined, writable: true },
    syncsWaitFor: { value: undefined, writable: true },
    open: { value: (...of: Parameters<Disk['open']>) => faultyFile(disk.open(...of), faulty) },
  });
  return faulty;
}

function faultyFile(file: DiskFile, disk: FaultyDisk): DiskFile {
  const check = (): void => {
    if (disk.writeFault !== undefined) throw new DiskError(disk.writeFault, file.path);
  };
  return {
    path: file.path,
    size: () => file.size(),
    write: (pieces, position) => {
      check();
      file.write(pieces, position);
    },
    writeAsync: async (pieces, position) => {
      check();
      await file.writeAsync(pieces, position);
    },
    read: (position, length) => file.read(position, length),
    readAsync: async (position, length) => {
      if (disk.readFault !== undefined) throw new DiskError(disk.readFault, file.path);
      return file.readAsync(position, length);
    },
    truncate: (size) => file.truncate(size),
    sync: async () => {
      await disk.syncsWaitFor;
      await file.sync();
    },
    syncNow: () => file.syncNow(),
    close: () => file.close(),
  };
}
