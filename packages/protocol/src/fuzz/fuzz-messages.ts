/**
 * One spoilt message. What a decoder owes: it throws ProtocolError and nothing else, or gives a value that it can write
 * again and read again as the same.
 */
import { Chunks, must, type SeededRandom } from '@tidelog/core';
import { ProtocolError } from '../errors.ts';
import type { Message } from '../schema/message.ts';
import { allMessages, plain, sampleValue, versionsOf } from '../testing/sample-value.ts';
import { mutate, scattered } from './mutate.ts';

export type Outcome = 'accepted' | 'refused';

interface Target {
  readonly message: Message;
  readonly version: number;
}

const everyTarget: readonly Target[] = allMessages().flatMap((message) =>
  versionsOf(message).map((version) => ({ message, version })),
);

/** How many pairs of message and version there are. */
export const messageTargets: number = everyTarget.length;

/** Spoils and decodes the message of that number (modulo the number of targets). Throws what a decoder must not. */
export function fuzzMessage(index: number, random: SeededRandom): Outcome {
  const { message, version } = must(everyTarget[index % everyTarget.length]);
  const good = message.encode(sampleValue(message, version, random.below(1 << 30)), version).toBuffer();
  const bytes = random.below(20) === 0 ? random.bytes(random.below(300)) : mutate(good, random);
  const name = `${message.name} v${version}`;
  const value = attempt(name, () => message.decode(scattered(bytes, random), version));
  if (value === undefined) return 'refused';
  // A string that was not UTF-8 is longer when it is written again, and may then be too long.
  const again = attempt(name, () => message.encode(value, version));
  if (again === undefined) return 'refused';
  const once = JSON.stringify(plain(value));
  const twice = JSON.stringify(plain(message.decode(Chunks.of(again.toBuffer()), version)));
  if (once !== twice) throw new Error(`${name}: what was decoded does not come back: ${bytes.toString('hex')}`);
  return 'accepted';
}

function attempt<T>(name: string, run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw new Error(`${name}: ${String(error)}`, { cause: error });
  }
}
