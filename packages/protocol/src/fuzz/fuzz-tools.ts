/**
 * What a fuzzer of live sockets needs of the protocol's own: sample values and mutations. Loaded when asked for, so
 * that a broker that imports the protocol does not pay for it.
 */
import type { SeededRandom } from '@tidelog/core';
import type { Message } from '../schema/message.ts';

export interface FuzzTools {
  /** A value for one version of a message, the same one for the same seed. */
  readonly sampleValue: (message: Message, version: number, seed: number) => { [field: string]: unknown };
  /** A spoilt copy of the bytes. */
  readonly mutate: (bytes: Buffer, random: SeededRandom) => Buffer;
}

export async function loadFuzzTools(): Promise<FuzzTools> {
  const [{ sampleValue }, { mutate }] = await Promise.all([
    import('../testing/sample-value.ts'),
    import('./mutate.ts'),
  ]);
  return { sampleValue, mutate };
}
