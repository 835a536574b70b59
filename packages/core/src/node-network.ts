/**
 * Stream sockets over node:net, without delay (Nagle) and with keep-alive. Half-open is allowed: a peer that ended its
 * side still gets what is written. Both stream high-water marks are one byte: data goes to `onData` at once and is not
 * hoarded while paused, and `onDrain` follows every write that had to wait.
 *
 * Many small pieces of one write are gathered into one buffer first, since an entry of a writev costs more than copying
 * a few hundred bytes; large pieces are passed on as they are. When descriptors run out libuv accepts and closes what
 * knocks (so there is no busy loop); errors of the accepting socket that do surface go to `onError`.
 */
import { createServer, connect, type Socket as Stream } from 'node:net';
import type { ConnectOptions, ListenOptions, ListeningSocket, Network, Socket, SocketHandlers } from './world.ts';

const smallPieceBytes = 2048;
const gatheredBytes = 65_536;

export class NodeNetwork implements Network {
  listen(options: ListenOptions, onConnection: (socket: Socket) => void): Promise<ListeningSocket> {
    return new Promise((resolve, reject) => {
      const server = createServer({ noDelay: true, keepAlive: true, allowHalfOpen: true, highWaterMark: 1 });
      server.on('connection', (stream) => onConnection(new NodeSocket(stream)));
      server.once('error', reject);
      const { host, port, backlog } = options;
      server.listen({ host, port, ...(backlog === undefined ? {} : { backlog }) }, () => {
        server.off('error', reject);
        server.on('error', (error) => options.onError?.(error));
        const address = server.address();
        resolve({
          port: address !== null && typeof address === 'object' ? address.port : port,
          close: () => {
            server.close();
            return new Promise((closed) => setImmediate(closed));
          },
        });
      });
    });
  }

  connect({ host, port, timeoutMs }: ConnectOptions): Socket {
    const options = { host, port, noDelay: true, keepAlive: true, allowHalfOpen: true, highWaterMark: 1 };
    const stream = connect(options);
    if (timeoutMs !== undefined) {
      const fail = () => stream.destroy(new Error(`no connection to ${host}:${port} within ${timeoutMs} ms`));
      const timer = setTimeout(fail, timeoutMs);
      const cancel = () => clearTimeout(timer);
      stream.once('connect', cancel).once('close', cancel);
    }
    return new NodeSocket(stream);
  }
}

class NodeSocket implements Socket {
  readonly #stream: Stream;
  readonly remoteAddress: string;
  readonly remotePort: number;
  #error: Error | undefined;

  constructor(stream: Stream) {
    this.#stream = stream;
    this.remoteAddress = plainAddress(stream.remoteAddress ?? '');
    this.remotePort = stream.remotePort ?? 0;
    stream.on('error', (error) => {
      this.#error ??= error;
    });
  }

  get bufferedBytes(): number {
    return this.#stream.writableLength;
  }

  handle(handlers: SocketHandlers): void {
    const stream = this.#stream;
    if (stream.connecting) stream.once('connect', () => handlers.onOpen?.());
    stream.on('data', (chunk) => handlers.onData(chunk as Buffer));
    stream.on('end', () => handlers.onEnd?.());
    stream.on('drain', () => handlers.onDrain?.());
    stream.once('close', () => handlers.onClose(this.#error));
  }

  write(pieces: readonly Uint8Array[]): void {
    const stream = this.#stream;
    if (stream.destroyed || stream.writableEnded) return;
    const gathered = pieces.length === 1 ? pieces : gather(pieces);
    if (gathered.length === 1) {
      stream.write(gathered[0] as Uint8Array);
      return;
    }
    stream.cork();
    for (const piece of gathered) stream.write(piece);
    stream.uncork();
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  end(): void {
    this.#stream.destroySoon();
  }

  destroy(reason?: Error): void {
    this.#error ??= reason;
    this.#stream.destroy();
  }
}

/** The same bytes in fewer pieces: runs of small ones are copied together. */
export function gather(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  const out: Uint8Array[] = [];
  let runStart = 0;
  let runBytes = 0;
  const endRun = (end: number): void => {
    if (end - runStart === 1) out.push(pieces[runStart] as Uint8Array);
    else if (runBytes > 0) out.push(Buffer.concat(pieces.slice(runStart, end), runBytes));
  };
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i] as Uint8Array;
    const small = piece.length <= smallPieceBytes;
    if (!small || runBytes + piece.length > gatheredBytes) {
      endRun(i);
      runStart = i;
      runBytes = 0;
    }
    if (small) {
      runBytes += piece.length;
      continue;
    }
    out.push(piece);
    runStart = i + 1;
  }
  endRun(pieces.length);
  return out;
}

/** IPv4 addresses that a dual-stack listener reports in their IPv6 form, as IPv4. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
