/**
 * Writes what a message is made of: null and present strings, bytes and records, lists, structures that may be null.
 * One writer and its slab are lent to the encoder at work; an encoder that runs inside another gets one of its own.
 */
import { Chunks } from '@tidelog/core';
import { ByteWriter, unfit } from './byte-writer.ts';

export class Writer extends ByteWriter {
  nullableString(value: string | null): void {
    if (value === null) this.two(-1);
    else this.string(value);
  }

  compactNullableString(value: string | null): void {
    if (value === null) this.byte(0);
    else this.compactString(value);
  }

  bytes(value: Buffer): void {
    this.int32(byteLengthOf(value));
    this.splice([value], value.length);
  }

  nullableBytes(value: Buffer | null): void {
    if (value === null) this.four(-1);
    else this.bytes(value);
  }

  compactBytes(value: Buffer): void {
    this.uvarint(byteLengthOf(value) + 1);
    this.splice([value], value.length);
  }

  compactNullableBytes(value: Buffer | null): void {
    if (value === null) this.byte(0);
    else this.compactBytes(value);
  }

  records(value: Chunks): void {
    this.int32(byteLengthOf(value));
    this.splice(value.pieces, value.byteLength);
  }

  nullableRecords(value: Chunks | null): void {
    if (value === null) this.four(-1);
    else this.records(value);
  }

  compactRecords(value: Chunks): void {
    this.uvarint(byteLengthOf(value) + 1);
    this.splice(value.pieces, value.byteLength);
  }

  compactNullableRecords(value: Chunks | null): void {
    if (value === null) this.byte(0);
    else this.compactRecords(value);
  }

  count(value: readonly unknown[]): number {
    const { length } = listOf(value);
    this.four(length);
    return length;
  }

  /** -1 for null. */
  nullableCount(value: readonly unknown[] | null): number {
    if (value !== null) return this.count(value);
    this.four(-1);
    return -1;
  }

  compactCount(value: readonly unknown[]): number {
    const { length } = listOf(value);
    this.uvarint(length + 1);
    return length;
  }

  compactNullableCount(value: readonly unknown[] | null): number {
    if (value !== null) return this.compactCount(value);
    this.byte(0);
    return -1;
  }

  /** Whether a structure that may be null follows. */
  hasStruct(value: object | null): boolean {
    this.byte(value === null ? 0xff : 1);
    return value !== null;
  }
}

let idle: Writer | undefined;

/** A writer for one value; `giveBack` it whether or not the value was written. */
export function lendWriter(): Writer {
  const writer = idle ?? new Writer();
  idle = undefined;
  return writer;
}

export function giveBack(writer: Writer): void {
  writer.reset();
  idle = writer;
}

function listOf(value: readonly unknown[]): readonly unknown[] {
  if (!Array.isArray(value)) throw unfit('a list', value);
  return value;
}

function byteLengthOf(value: Uint8Array | Chunks): number {
  if (value instanceof Chunks || value instanceof Uint8Array) return value.byteLength;
  throw unfit('bytes', value);
}
