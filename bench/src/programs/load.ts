/**
 * A client that costs next to nothing: it writes requests that were built before and counts the answers, keeping so
 * many in flight. Forked; takes one `LoadOrder` per message and answers with a `LoadResult`.
 */
import { connect, type Socket } from 'node:net';
import { FrameCounter } from '../support/frame-counter.ts';
import { fetchRequest, produceRequest, type Shape } from '../support/requests.ts';

export interface LoadOrder {
  readonly port: number;
  readonly topic: string;
  readonly shape: Shape;
  readonly kind: 'produce' | 'fetch';
  readonly requests: number;
  readonly inFlight: number;
  /** Requests a second at most; as many as are answered when absent. */
  readonly perSecond?: number;
}

export interface LoadResult {
  readonly seconds: number;
  readonly records: number;
  readonly bytes: number;
}

process.on('message', (order: LoadOrder) => {
  run(order).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(0));

async function run(order: LoadOrder): Promise<LoadResult> {
  const { topic, shape, requests } = order;
  const produce = produceRequest(topic, shape);
  const frames =
    order.kind === 'produce'
      ? (): Buffer => produce.frame
      : (i: number): Buffer => fetchRequest(topic, { offset: i * produce.records, maxBytes: produce.batchBytes });
  const socket = connect({ port: order.port, host: '127.0.0.1', noDelay: true });
  await new Promise<void>((done, fail) => void socket.once('connect', done).once('error', fail));
  const startedAt = performance.now();
  const received = await exchange(socket, frames, order);
  const seconds = (performance.now() - startedAt) / 1000;
  socket.destroy();
  const bytes = requests * produce.batchBytes;
  // A fetch that brought nothing, or a refusal, would be quick: what came back must hold what was asked for.
  if (order.kind === 'fetch' && received < bytes) throw new Error(`fetched ${received} of ${bytes} bytes`);
  return { seconds, records: requests * produce.records, bytes };
}

/** Resolves with the bytes received when the last answer is there. */
function exchange(socket: Socket, frame: (i: number) => Buffer, order: LoadOrder): Promise<number> {
  const { requests, inFlight, perSecond = Infinity } = order;
  const counter = new FrameCounter();
  let sent = 0;
  let answered = 0;
  let received = 0;
  const startedAt = performance.now();
  const allowed = (): number => Math.ceil(((performance.now() - startedAt) / 1000) * perSecond) + 1;
  return new Promise((resolve, reject) => {
    const send = (): void => {
      const upTo = Math.min(requests, answered + inFlight, allowed());
      if (upTo <= sent) return;
      if (upTo - sent === 1) return void socket.write(frame(sent++));
      socket.cork();
      while (sent < upTo) socket.write(frame(sent++));
      socket.uncork();
    };
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
      answered += counter.push(chunk);
      if (answered === requests) resolve(received);
      else if (sent - answered <= inFlight / 2) send();
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed the connection')));
    send();
    const pace = perSecond === Infinity ? undefined : setInterval(send, 2);
    socket.on('close', () => clearInterval(pace));
  });
}
