import { afterEach, expect, test } from 'vitest';
import type { Steps } from '@tidelog/core';
import type { CommittedBatch, RaftListener } from './raft-listener.ts';
import { memoryWorld, openNode, Recorder, type Fixture } from './testing/node-fixture.ts';

const world = memoryWorld();
let fixture: Fixture | undefined;

afterEach(async () => {
  await fixture?.close();
  world.disk.removeDirectory('/a');
});

/** A node that leads in epoch 1, its log with so many batches of one record behind the one of the election. */
async function leaderWith(batches: number): Promise<Fixture> {
  fixture = await openNode({ world, directory: '/a' });
  const recorder = new Recorder();
  const end = fixture.node.subscribe(recorder);
  await recorder.until(({ leaders }) => leaders.length > 0);
  for (let n = 1; n <= batches; n++) fixture.node.append([Buffer.from(String(n))], { epoch: 1 });
  await recorder.until(({ values }) => values.length === batches);
  end();
  return fixture;
}

function busyFor(ms: number): void {
  const end = world.clock.monotonic() + ms;
  while (world.clock.monotonic() < end);
}

/** Writes what it hears as lines, and takes its time about each batch. */
class SlowListener implements RaftListener {
  readonly lines: string[] = [];
  readonly #take: (batch: CommittedBatch, lines: string[]) => Steps | void;

  constructor(take: (batch: CommittedBatch, lines: string[]) => Steps | void) {
    this.#take = take;
  }

  onCommitted(batch: CommittedBatch): Steps | void {
    this.lines.push(`batch ${batch.baseOffset}`);
    return this.#take(batch, this.lines);
  }

  onSnapshot(): void {
    this.lines.push('snapshot');
  }

  onLeaderChange({ isLeader }: { readonly isLeader: boolean }): void {
    this.lines.push(isLeader ? 'leads' : 'leads not');
  }

  async until(line: string): Promise<void> {
    while (!this.lines.includes(line)) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

test('what takes long is handed on in slices: others have their turns between, and the order is kept', async () => {
  const { node } = await leaderWith(10);
  const listener = new SlowListener((_, lines) => {
    busyFor(3);
    if (lines.length === 1) setTimeout(() => lines.push('another turn'), 0);
  });
  node.subscribe(listener);
  await listener.until('batch 10');
  expect(listener.lines.indexOf('another turn')).toBeLessThan(listener.lines.indexOf('batch 10'));
  expect(listener.lines.filter((line) => line.startsWith('batch'))).toEqual(
    Array.from({ length: 11 }, (_, offset) => `batch ${offset}`),
  );
});

test('a batch that is taken in steps is over before anything else is told, the leadership included', async () => {
  const { node } = await leaderWith(1);
  const listener = new SlowListener(({ baseOffset }, lines) =>
    (function* () {
      for (const step of ['a', 'b', 'c']) {
        busyFor(3);
        lines.push(`${baseOffset}${step}`);
        yield;
      }
    })(),
  );
  node.subscribe(listener);
  await listener.until('1c');
  expect(listener.lines).toEqual(['batch 0', '0a', '0b', '0c', 'leads', 'batch 1', '1a', '1b', '1c']);
});

test('a listener that is in the middle of a batch hears at once that its node does not lead any more', async () => {
  const { node } = await leaderWith(1);
  const listener = new SlowListener(({ baseOffset }, lines) =>
    (function* () {
      for (let step = 0; step < 40; step++) {
        busyFor(3);
        yield;
      }
      lines.push(`${baseOffset} done`);
    })(),
  );
  node.subscribe(listener);
  await listener.until('leads');
  node.resign({ epoch: 1, reason: 'test' });
  await listener.until('1 done');
  // By now it may lead again.
  expect(listener.lines.slice(0, 6)).toEqual(['batch 0', '0 done', 'leads', 'batch 1', 'leads not', '1 done']);
});

test('nothing is handed on once the node has stopped', async () => {
  const { node } = await leaderWith(10);
  const listener = new SlowListener(() => busyFor(3));
  node.subscribe(listener);
  await node.shutdown();
  const heard = listener.lines.length;
  expect(heard).toBeLessThan(11);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(listener.lines.length).toBe(heard);
});
