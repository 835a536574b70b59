/**
 * Everything outside: clock, timers, randomness, disk, network. Production code takes a World and never reaches for
 * `node:*`, `Date`, `Math.random` or `setTimeout` itself. There are exactly two implementations: the Node one
 * (node-world.ts) and the simulated one (packages/simulation); both pass the same exported contract tests.
 */
import type { Random } from './random.ts';

/** Milliseconds; which clock they are on is said where they are used. */
export type Millis = number;

export interface World {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly disk: Disk;
  readonly network: Network;
}

export interface Clock {
  /** Never goes back, has no meaning across processes. All timeouts are on this clock. */
  monotonic(): Millis;
  /** Milliseconds since 1970. It jumps. Only record timestamps and retention look at it. */
  wall(): Millis;
}

export interface Timer {
  cancel(): void;
}

export interface Timers {
  after(delayMs: Millis, callback: () => void): Timer;
  /** Runs the callback once, after everything that this turn of the loop brings in was handled. */
  endOfTurn(callback: () => void): void;
}

export type OpenMode =
  /** Read only; the file must exist. */
  | 'read'
  /** Read and write; created when missing, never truncated. */
  | 'write';

export interface FileStat {
  readonly size: number;
  readonly modifiedMs: Millis;
  readonly isDirectory: boolean;
}

/**
 * Files. Synchronous calls throw a DiskError; asynchronous ones reject with one. Data written is durable only after
 * `sync`; names (create, rename, remove) are durable only after `syncDirectory` of their parent.
 */
export interface Disk {
  open(path: string, mode: OpenMode): DiskFile;
  stat(path: string): FileStat | undefined;
  list(directory: string): string[];
  makeDirectory(path: string): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
  /** Removes a file off the loop: a large one takes a while. */
  removeAsync(path: string): Promise<void>;
  /** Removes a directory and all it holds. */
  removeDirectory(path: string): void;
  removeDirectoryAsync(path: string): Promise<void>;
  readFile(path: string): Buffer;
  /** Writes beside the target, syncs, renames over it and syncs the directory: all or nothing. */
  replaceFile(path: string, content: Uint8Array): void;
  syncDirectory(path: string): Promise<void>;
  /** Free bytes on the volume that holds the path. */
  freeBytes(path: string): { readonly total: number; readonly usable: number };
  /** Takes an exclusive advisory lock; false when another process, or somebody else in this one, holds it. */
  lock(path: string): boolean;
  /** Gives back a lock that was taken by `lock`; the end of the process does so too. */
  unlock(path: string): void;
}

export interface DiskFile {
  readonly path: string;
  size(): number;
  /** Writes all pieces at the position, or throws having written an unknown part of them. */
  write(pieces: readonly Uint8Array[], position: number): void;
  writeAsync(pieces: readonly Uint8Array[], position: number): Promise<void>;
  /** Reads up to `length` bytes; shorter at the end of the file. */
  read(position: number, length: number): Buffer;
  readAsync(position: number, length: number): Promise<Buffer>;
  truncate(size: number): void;
  /** fdatasync, off the loop. After a rejection nothing may be assumed durable and the file must be given up. */
  sync(): Promise<void>;
  /** fdatasync on the loop: for start and stop only. */
  syncNow(): void;
  close(): void;
}

export type DiskErrorCode = 'ENOENT' | 'EEXIST' | 'ENOSPC' | 'EIO' | 'EMFILE' | 'EACCES' | 'ENOTDIR' | 'OTHER';

/** A disk operation that failed; `code` is the operating system's name for it. */
export class DiskError extends Error {
  override readonly name = 'DiskError';
  readonly code: DiskErrorCode;
  readonly path: string;

  constructor(code: DiskErrorCode, path: string, cause?: unknown) {
    super(`${code}: ${path}`, { cause });
    this.code = code;
    this.path = path;
  }

  /** Whether the operation can succeed once there is room, or a descriptor, again: nothing is broken. */
  get isLackOfRoom(): boolean {
    return this.code === 'ENOSPC' || this.code === 'EMFILE';
  }
}

/** Stream sockets. Addresses are a host name or IP and a port; port 0 listens on a free one. */
export interface Network {
  listen(options: ListenOptions, onConnection: (socket: Socket) => void): Promise<ListeningSocket>;
  /** Calls back on the socket's handlers: onOpen, or onClose with the reason when it cannot be had. */
  connect(options: ConnectOptions): Socket;
}

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly backlog?: number;
  /** The socket could not accept for a while (descriptors ran out); it goes on listening. */
  readonly onError?: (error: Error) => void;
}

export interface ConnectOptions {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs?: Millis;
}

export interface ListeningSocket {
  readonly port: number;
  /** Stops accepting; open connections live on. */
  close(): Promise<void>;
}

export interface SocketHandlers {
  onOpen?(): void;
  onData(chunk: Buffer): void;
  /** The peer has ended its side; what is written may still reach it. */
  onEnd?(): void;
  /** All that was written has left for the kernel; called after every write that could not leave at once. */
  onDrain?(): void;
  /** Called once, last. */
  onClose(reason: Error | undefined): void;
}

export interface Socket {
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Bytes that were written and have not left yet. */
  readonly bufferedBytes: number;
  /** Must be called in the turn the socket was made. */
  handle(handlers: SocketHandlers): void;
  /** Queues the pieces as one gathering write; they must not change until they have left. */
  write(pieces: readonly Uint8Array[]): void;
  /** Stops reading, so that the peer feels back-pressure. */
  pause(): void;
  resume(): void;
  /** Sends what is queued, then closes. */
  end(): void;
  /** Closes now and drops what is queued. */
  destroy(reason?: Error): void;
}
