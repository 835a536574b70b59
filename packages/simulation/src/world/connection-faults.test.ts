/** What becomes of a connection that is broken for one side only, held up, torn, or broken when an answer comes. */
import { SeededRandom, type Socket } from '@tidelog/core';
import { expect, test } from 'vitest';
import { createOwner, Scheduler } from '../scheduler.ts';
import { Fabric } from './sim-network.ts';

class Heard {
  bytes = '';
  chunks = 0;
  ends = 0;
  closedWith: Error | undefined | 'open' = 'open';

  constructor(socket: Socket) {
    socket.handle({
      onData: (chunk) => {
        this.bytes += chunk.toString('latin1');
        this.chunks++;
      },
      onEnd: () => this.ends++,
      onClose: (reason) => (this.closedWith = reason),
    });
  }
}

async function network() {
  const scheduler = new Scheduler();
  const fabric = new Fabric(scheduler, new SeededRandom(3));
  const [clientOwner, serverOwner] = [createOwner(1), createOwner(2)];
  const accepted: { readonly socket: Socket; readonly heard: Heard }[] = [];
  const pass = (ms: number): Promise<void> => scheduler.run({ deadline: scheduler.now + ms });
  const listening = fabric.networkOf('b', serverOwner).listen({ host: 'b', port: 9 }, (socket) => {
    accepted.push({ socket, heard: new Heard(socket) });
  });
  await pass(1);
  await listening;
  const dial = async () => {
    const socket = fabric.networkOf('a', clientOwner).connect({ host: 'b', port: 9 });
    const heard = new Heard(socket);
    await pass(5);
    const end = fabric.socketsOf(clientOwner).at(-1);
    const peer = accepted.at(-1);
    if (end === undefined || peer === undefined) return expect.unreachable('no connection');
    return { socket, heard, end, peer };
  };
  return { fabric, pass, dial, clientOwner };
}

test('what was sent before the sender lost its connection arrives behind what came over the next one', async () => {
  const { fabric, pass, dial } = await network();
  const first = await dial();
  fabric.hold([first.end]);
  first.socket.write([Buffer.from('old')]);
  await pass(5);
  first.end.lose();
  const second = await dial();
  second.socket.write([Buffer.from('new')]);
  await pass(5);
  expect(first.heard.closedWith).toBeInstanceOf(Error);
  expect([first.peer.heard.bytes, second.peer.heard.bytes]).toEqual(['', 'new']);
  fabric.release([first.end]);
  await pass(1000);
  expect(first.peer.heard.bytes).toBe('old');
  expect(first.peer.heard.closedWith).toBe('open');
  first.peer.socket.write([Buffer.from('answer')]);
  await pass(5);
  expect(first.peer.heard.closedWith).toBeInstanceOf(Error);
});

test('what a process had sent arrives after its death, and then the end', async () => {
  const { fabric, pass, dial, clientOwner } = await network();
  const { socket, end, peer } = await dial();
  fabric.hold([end]);
  socket.write([Buffer.from('last words')]);
  fabric.abandon(clientOwner, true);
  await pass(100);
  expect(peer.heard).toMatchObject({ bytes: '', ends: 0 });
  fabric.heal();
  await pass(1000);
  expect(peer.heard).toMatchObject({ bytes: 'last words', ends: 1 });
});

test('an answer that is lost takes the connection with it, and what was asked was heard', async () => {
  const { pass, dial } = await network();
  const { socket, heard, end, peer } = await dial();
  end.losesNextAnswer = true;
  socket.write([Buffer.from('question')]);
  await pass(5);
  peer.socket.write([Buffer.from('answer')]);
  await pass(5);
  expect(peer.heard.bytes).toBe('question');
  expect(heard.bytes).toBe('');
  expect(heard.closedWith).toBeInstanceOf(Error);
  expect(peer.heard.closedWith).toBeInstanceOf(Error);
});

test('a torn write arrives in pieces, and what has arrived may be read as one', async () => {
  const { fabric, pass, dial } = await network();
  const { socket, end, peer } = await dial();
  for (const link of fabric.links()) link.settings.tears = true;
  socket.write([Buffer.from('x'.repeat(1000))]);
  await pass(5);
  expect(peer.heard.bytes).toHaveLength(1000);
  expect(peer.heard.chunks).toBeGreaterThan(1);
  const before = peer.heard.chunks;
  fabric.hold([end]);
  for (let i = 0; i < 100; i++) socket.write([Buffer.from('y')]);
  await pass(5);
  fabric.release([end]);
  await pass(1000);
  expect(peer.heard.bytes).toHaveLength(1100);
  expect(peer.heard.chunks - before).toBeLessThan(100);
});
