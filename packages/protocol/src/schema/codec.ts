/** What both kinds of codec are: a function each way for one version of one message. */
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

export interface Codec {
  decode(reader: Reader): unknown;
  encode(writer: Writer, value: unknown): void;
}
