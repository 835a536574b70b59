/**
 * A message: a name, its versions, its fields, and a codec per version that is compiled when it is first needed. Where
 * code generation from strings is switched off the closure codec takes over; both come from the same plan and agree
 * byte for byte (a test holds them to it).
 *
 * Decoding is lenient exactly where Kafka is: unknown tagged fields are skipped and bytes behind the last field are
 * left alone (`decodePrefix` says where they begin).
 */
import type { Chunks } from '@tidelog/core';
import { ErrorCode, ProtocolError } from '../errors.ts';
import type { VersionRange } from './api.ts';
import { closureCodec } from './closure-codec.ts';
import type { Codec } from './codec.ts';
import { codeGenerationAllowed, compiledCodec } from './compiled-codec.ts';
import type { Fields, InputOfFields, ValueOfFields } from './field.ts';
import { planMessage } from './plan.ts';
import { Reader } from './reader.ts';
import { giveBack, lendWriter } from './writer.ts';

export interface MessageDeclaration {
  readonly versions: VersionRange;
  readonly flexibleSince: number;
  readonly fields: Fields;
  /** The encoder refuses a value that the version cannot carry, unless its field is ignorable (requests and data). */
  readonly strict?: boolean;
  /** The decoder reads at most this many bytes (headers). */
  readonly maxBytes?: number;
  /** The default memory budget of a decode, per byte of input. */
  readonly memoryPerByte?: number;
  /** What a coordinator's record of this kind is called on disk: the int16 in front of its key. */
  readonly recordType?: number;
}

/**
 * By the estimates of plan.ts the densest honest messages take 5 (requests) to 9 (responses) bytes of heap per byte;
 * one made of empty structures takes 40. Requests come from anybody, the others from a peer or from the disk.
 */
export const requestMemoryPerByte = 8;
const trustedMemoryPerByte = 16;
const fixedMemory = 1024 * 1024;

export interface DecodeLimits {
  /**
   * How many bytes of heap the decoded value may take, by estimate. Default: 8 times a request, 16 times else, and 1
   * MiB.
   */
  readonly memoryBudget?: number;
}

export interface Decoded<Value> {
  readonly value: Value;
  /** Where the bytes behind the message begin. */
  readonly end: number;
}

export class Message<Value = unknown, Input = unknown> {
  readonly name: string;
  readonly declaration: MessageDeclaration;
  readonly #codecs: (Codec | undefined)[] = [];

  constructor(name: string, declaration: MessageDeclaration) {
    this.name = name;
    this.declaration = declaration;
  }

  get versions(): VersionRange {
    return this.declaration.versions;
  }

  /** The int16 in front of a coordinator's record key, undefined for every other message. */
  get recordType(): number | undefined {
    return this.declaration.recordType;
  }

  /** The bytes of a value. Throws ProtocolError when the version cannot express it. */
  encode(value: Input, version: number): Chunks {
    const codec = this.codec(version);
    const writer = lendWriter();
    try {
      codec.encode(writer, value);
      return writer.finish();
    } catch (cause) {
      throw this.#explain(cause instanceof TypeError ? unfit(cause) : cause, version);
    } finally {
      giveBack(writer);
    }
  }

  /** The value in bytes from an offset on. Throws ProtocolError, and nothing else, when they are malformed. */
  decode(bytes: Chunks, version: number, offset = 0, limits?: DecodeLimits): Value {
    return this.decodePrefix(bytes, version, offset, limits).value;
  }

  /** Like `decode`, and says where the message ended. */
  decodePrefix(bytes: Chunks, version: number, offset = 0, limits?: DecodeLimits): Decoded<Value> {
    const codec = this.codec(version);
    try {
      const { maxBytes = bytes.byteLength, memoryPerByte = trustedMemoryPerByte } = this.declaration;
      const memoryBudget = limits?.memoryBudget ?? fixedMemory + memoryPerByte * (bytes.byteLength - offset);
      const reader = new Reader(bytes, offset, { memoryBudget, maxBytes });
      const value = codec.decode(reader) as Value;
      return { value, end: reader.position };
    } catch (cause) {
      throw this.#explain(cause, version);
    }
  }

  /** The codec of a version; `encode` and `decode` are what one calls. */
  codec(version: number): Codec {
    return (this.#codecs[version] ??= this.#compile(version));
  }

  #compile(version: number): Codec {
    const { min, max } = this.declaration.versions;
    if (!Number.isInteger(version) || version < min || version > max) {
      throw new ProtocolError(
        ErrorCode.UNSUPPORTED_VERSION,
        `${this.name} has versions ${min} to ${max}, not ${version}`,
      );
    }
    const plan = planMessage(this.name, this.declaration, version);
    return codeGenerationAllowed() ? compiledCodec(plan) : closureCodec(plan);
  }

  #explain(cause: unknown, version: number): unknown {
    if (!(cause instanceof ProtocolError)) return cause;
    return new ProtocolError(cause.code, `${this.name} v${version}: ${cause.detail}`, { cause });
  }
}

/** The writer met something that is not even close to its type, a bigint or a symbol for instance. */
function unfit(cause: TypeError): ProtocolError {
  return new ProtocolError(ErrorCode.INVALID_REQUEST, cause.message, { cause });
}

/** What decoding this message gives. */
export type ValueOf<M extends Message> = M extends Message<infer Value> ? Value : never;
/** What encoding this message takes. */
export type EncodeOf<M extends Message> = M extends Message<infer _, infer Input> ? Input : never;

export interface DataDeclaration<F extends Fields> {
  readonly versions: readonly [min: number, max: number];
  readonly flexibleSince?: number;
  readonly maxBytes?: number;
  readonly recordType?: number;
  readonly fields: F;
}

/** Declares a message that is not the request or response of an API. */
export function data<F extends Fields>(
  name: string,
  declaration: DataDeclaration<F>,
): Message<ValueOfFields<F>, InputOfFields<F>> {
  const [min, max] = declaration.versions;
  return new Message(name, { flexibleSince: Infinity, ...declaration, versions: { min, max }, strict: true });
}
