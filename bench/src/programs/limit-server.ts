/**
 * The limit: what Node can do when nothing is decided. For produce it receives the same bytes, checks the CRC-32C of
 * each batch, writes the batches to a file, one gathering write per chunk that came, and acknowledges. For fetch it
 * reads as many bytes from that file and sends them. It knows the shape of the requests and looks at nothing else.
 *
 *   node limit-server.ts <file>     prints its port; a message {kind, batchAt, batchBytes} says what comes next
 */
import { closeSync, openSync, readSync, rmSync, writevSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { crc32c } from '@tidelog/core';

export interface LimitOrder {
  readonly kind: 'produce' | 'fetch';
  /** Where the batch begins in a frame behind its length. */
  readonly batchAt: number;
  readonly batchBytes: number;
  readonly frameBytes: number;
}

const path = process.argv[2] ?? '';
const produceAnswer = Buffer.concat([Buffer.from([0, 0, 0, 60]), Buffer.alloc(60)]);
const answers = Buffer.concat(Array.from({ length: 4096 }, () => produceAnswer));
/** A batch's checksum stands at byte 17 and covers what follows it. */
const crcAt = 17;

let order: LimitOrder = { kind: 'produce', batchAt: 0, batchBytes: 0, frameBytes: 0 };

process.on('message', (next: LimitOrder) => {
  order = next;
  process.send?.('ready');
});
process.on('disconnect', () => process.exit(0));

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => undefined);
  if (order.kind === 'produce') receive(socket, order);
  else serve(socket, order);
});
server.listen(0, '127.0.0.1', () => process.send?.(server.address()));

function receive(socket: Socket, { batchAt, batchBytes, frameBytes }: LimitOrder): void {
  // A new file each time, as a broker has new logs: overwriting pages that are in memory already costs less.
  rmSync(path, { force: true });
  const fd = openSync(path, 'wx');
  let position = 0;
  let at = 0;
  let crc = 0;
  let expected = 0;
  const header = Buffer.alloc(4);
  /** Everything of a chunk that belongs to batches, checked as it comes. */
  const take = (chunk: Buffer, pieces: Buffer[]): number => {
    let acknowledged = 0;
    for (let i = 0; i < chunk.length;) {
      const inBatch = at - batchAt;
      if (inBatch < 0) {
        const skip = Math.min(-inBatch, chunk.length - i);
        at += skip;
        i += skip;
        continue;
      }
      const end = Math.min(chunk.length, i + batchBytes - inBatch);
      pieces.push(chunk.subarray(i, end));
      const headerEnd = Math.min(end, i + Math.max(0, crcAt + 4 - inBatch));
      for (; i < headerEnd; i++, at++) if (at - batchAt >= crcAt) header[at - batchAt - crcAt] = chunk[i] as number;
      if (at - batchAt === crcAt + 4) {
        expected = header.readUInt32BE(0);
        crc = 0;
      }
      if (i < end) crc = crc32c(chunk.subarray(i, end), crc);
      at += end - i;
      i = end;
      if (at - batchAt < batchBytes) continue;
      if (crc !== expected) throw new Error(`a batch arrived with CRC ${crc}, not ${expected}`);
      acknowledged++;
      // What follows the batch in its frame (empty lists of tagged fields) is skipped with the next one's beginning.
      at -= frameBytes;
    }
    return acknowledged;
  };
  socket.on('data', (chunk: Buffer) => {
    const pieces: Buffer[] = [];
    const acknowledged = take(chunk, pieces);
    if (pieces.length > 0) {
      writevSync(fd, pieces, position);
      for (const piece of pieces) position += piece.length;
    }
    if (acknowledged > 0) socket.write(answers.subarray(0, acknowledged * produceAnswer.length));
  });
  socket.on('close', () => closeSync(fd));
}

function serve(socket: Socket, { batchBytes, frameBytes }: LimitOrder): void {
  const fd = openSync(path, 'r');
  const size = batchBytes + 64;
  let position = 0;
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    for (; bytes >= frameBytes; bytes -= frameBytes) {
      const answer = Buffer.allocUnsafe(4 + size);
      answer.writeInt32BE(size, 0);
      readSync(fd, answer, 68, batchBytes, position);
      position += batchBytes;
      socket.write(answer);
    }
  });
  socket.on('close', () => closeSync(fd));
}
