/**
 * What every Network must do, as tests that the Node network and the simulated one both run. Only what callers rely on
 * is here: order and completeness of bytes, back-pressure, who learns what when a side closes, errors as `onClose`.
 */
import { expect, test } from 'vitest';
import type { ListeningSocket, Network, Socket, SocketHandlers } from './world.ts';

export interface NetworkUnderTest {
  readonly network: Network;
  /** A host name or address that both sides of the tests use. */
  readonly host: string;
  /** Lets the world go on for a moment (a few milliseconds of its time). */
  advance(): Promise<void>;
}

/** Registers the tests. */
export function testNetworkContract(name: string, make: () => NetworkUnderTest): void {
  test(`${name}: bytes arrive whole and in order, both ways`, async () => {
    const { left, right, until, close } = await pair(make());
    const sent = Array.from({ length: 300 }, (_, i) => Buffer.alloc(i * 17, i));
    left.socket.write(sent.slice(0, 200));
    for (const piece of sent.slice(200)) left.socket.write([piece]);
    right.socket.write([Buffer.from('hello '), Buffer.alloc(0), Buffer.from('there')]);
    const expected = Buffer.concat(sent);
    await until(() => right.bytes() === expected.length && left.bytes() === 11);
    expect(right.content().equals(expected)).toBe(true);
    expect(left.content().toString()).toBe('hello there');
    await close();
  });

  test(`${name}: a socket that is paused reads nothing, and the writer's bytes pile up until it goes on`, async () => {
    const { left, right, until, advance, close } = await pair(make());
    right.socket.pause();
    await advance();
    const total = 16 * 1024 * 1024;
    left.socket.write([Buffer.alloc(total, 7)]);
    for (let i = 0; i < 20; i++) await advance();
    expect(right.bytes()).toBeLessThan(200_000);
    expect(left.socket.bufferedBytes).toBeGreaterThan(0);
    expect(left.drains).toBe(0);
    right.socket.resume();
    await until(() => right.bytes() === total && left.drains === 1);
    expect(left.socket.bufferedBytes).toBe(0);
    await close();
  });

  test(`${name}: end delivers what was written, the peer sees the end, then the close`, async () => {
    const { left, right, until, close } = await pair(make());
    left.socket.write([Buffer.alloc(500_000, 1)]);
    left.socket.end();
    await until(() => right.ended);
    expect(right.bytes()).toBe(500_000);
    right.socket.end();
    await until(() => right.closed && left.closed);
    expect(left.reason).toBeUndefined();
    expect(right.reason).toBeUndefined();
    await close();
  });

  test(`${name}: destroy closes at once, and nothing is called after onClose`, async () => {
    const { left, right, until, advance, close } = await pair(make());
    right.socket.write([Buffer.from('late')]);
    left.socket.destroy(new Error('enough'));
    left.socket.write([Buffer.from('into the void')]);
    await until(() => left.closed && (right.closed || right.ended));
    expect(left.reason?.message).toBe('enough');
    right.socket.destroy();
    await until(() => right.closed);
    await advance();
    expect(left.callsAfterClose + right.callsAfterClose).toBe(0);
    await close();
  });

  test(`${name}: a connection that cannot be had is an onClose with a reason`, async () => {
    const under = make();
    const listening = await under.network.listen({ host: under.host, port: 0 }, () => undefined);
    await listening.close();
    const probe = new Probe(under.network.connect({ host: under.host, port: listening.port, timeoutMs: 2000 }));
    await untilOf(under)(() => probe.closed);
    expect(probe.opened).toBe(false);
    expect(probe.reason).toBeInstanceOf(Error);
  });

  test(`${name}: what is written before the connection stands is sent when it does`, async () => {
    const under = make();
    const accepted: Probe[] = [];
    const listening = await listen(under, accepted);
    const early = new Probe(under.network.connect({ host: under.host, port: listening.port }));
    early.socket.write([Buffer.from('early')]);
    await untilOf(under)(() => accepted[0]?.bytes() === 5);
    early.socket.destroy();
    accepted[0]?.socket.destroy();
    await listening.close();
  });

  test(`${name}: a closed listener accepts no more, its connections live on; a port in use is refused`, async () => {
    const under = make();
    const accepted: Probe[] = [];
    const listening = await listen(under, accepted);
    await expect(under.network.listen({ host: under.host, port: listening.port }, () => undefined)).rejects.toThrow();
    const client = new Probe(under.network.connect({ host: under.host, port: listening.port }));
    const until = untilOf(under);
    await until(() => client.opened && accepted.length === 1);
    await listening.close();
    client.socket.write([Buffer.from('still here')]);
    await until(() => accepted[0]?.bytes() === 10);
    const late = new Probe(under.network.connect({ host: under.host, port: listening.port, timeoutMs: 2000 }));
    await until(() => late.closed);
    client.socket.destroy();
    accepted[0]?.socket.destroy();
    await until(() => client.closed);
  });
}

/** A socket with all that was heard on it. */
class Probe {
  readonly socket: Socket;
  readonly #chunks: Buffer[] = [];
  opened = false;
  ended = false;
  closed = false;
  drains = 0;
  callsAfterClose = 0;
  reason: Error | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    const handlers: SocketHandlers = {
      onOpen: () => this.#heard(() => (this.opened = true)),
      onData: (chunk) => this.#heard(() => this.#chunks.push(chunk)),
      onEnd: () => this.#heard(() => (this.ended = true)),
      onDrain: () => this.#heard(() => this.drains++),
      onClose: (reason) =>
        this.#heard(() => {
          this.closed = true;
          this.reason = reason;
        }),
    };
    socket.handle(handlers);
  }

  bytes(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  content(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  #heard(note: () => unknown): void {
    if (this.closed) this.callsAfterClose++;
    note();
  }
}

function listen(under: NetworkUnderTest, accepted: Probe[]): Promise<ListeningSocket> {
  return under.network.listen({ host: under.host, port: 0 }, (socket) => accepted.push(new Probe(socket)));
}

function untilOf(under: NetworkUnderTest): (condition: () => boolean) => Promise<void> {
  return async (condition) => {
    for (let i = 0; i < 1000; i++) {
      if (condition()) return;
      await under.advance();
    }
    expect(condition()).toBe(true);
  };
}

async function pair(under: NetworkUnderTest) {
  const accepted: Probe[] = [];
  const listening = await listen(under, accepted);
  const left = new Probe(under.network.connect({ host: under.host, port: listening.port }));
  const until = untilOf(under);
  await until(() => left.opened && accepted.length === 1);
  const right = accepted[0] as Probe;
  const close = async (): Promise<void> => {
    left.socket.destroy();
    right.socket.destroy();
    await listening.close();
  };
  return { left, right, until, close, advance: () => under.advance() };
}
