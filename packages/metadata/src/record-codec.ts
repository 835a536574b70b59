/**
 * Metadata records to and from the protobuf bytes of metadata.proto.
 */
import type { AnyMetadataRecord } from './metadata-record.ts';

/** A value of the metadata log that cannot be read: broken bytes, or a record that needs a newer build. */
export class MetadataRecordError extends Error {
  override readonly name = 'MetadataRecordError';
  readonly code: 'corrupt' | 'upgradeRequired';
  constructor(code: 'corrupt' | 'upgradeRequired', message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export function encodeRecord(record: AnyMetadataRecord): Buffer {
  throw new Error(record.type);
}

export function decodeRecord(bytes: Buffer): AnyMetadataRecord {
  throw new Error(String(bytes.length));
}
