/**
 * Ports of this machine that nobody listens on, below those that systems give to whoever asks for any: until the
 * process that they are for has started, and while it is down, they are nobody else's.
 */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const lowest = 10_000;
/** Linux gives out ports from 32,768 on, others from 49,152. */
const highest = 32_000;

export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(lowest, highest);
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => void server.close(() => done(true)));
  });
}
