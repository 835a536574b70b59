/** A decoder for MetadataResponse v12 as one would write it by hand, for the codec benchmark to be measured against. */
class Cursor {
  readonly bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  int8(): number {
    return this.bytes.readInt8(this.at++);
  }

  int16(): number {
    this.at += 2;
    return this.bytes.readInt16BE(this.at - 2);
  }

  int32(): number {
    this.at += 4;
    return this.bytes.readInt32BE(this.at - 4);
  }

  uvarint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }

  text(): string | null {
    const length = this.uvarint() - 1;
    if (length < 0) return null;
    this.at += length;
    return this.bytes.toString('utf8', this.at - length, this.at);
  }

  uuid(): string {
    this.at += 16;
    return this.bytes.toString('base64url', this.at - 16, this.at);
  }

  list<T>(read: (cursor: Cursor) => T): T[] {
    const length = this.uvarint() - 1;
    const out: T[] = [];
    for (let i = 0; i < length; i++) out.push(read(this));
    return out;
  }

  tags(): void {
    if (this.uvarint() !== 0) throw new Error('no tagged fields expected');
  }
}

const int32 = (cursor: Cursor): number => cursor.int32();

function broker(cursor: Cursor): unknown {
  const value = { nodeId: cursor.int32(), host: cursor.text(), port: cursor.int32(), rack: cursor.text() };
  cursor.tags();
  return value;
}

function partition(cursor: Cursor): unknown {
  const value = {
    errorCode: cursor.int16(),
    partitionIndex: cursor.int32(),
    leaderId: cursor.int32(),
    leaderEpoch: cursor.int32(),
    replicaNodes: cursor.list(int32),
    isrNodes: cursor.list(int32),
    offlineReplicas: cursor.list(int32),
  };
  cursor.tags();
  return value;
}

function topic(cursor: Cursor): unknown {
  const value = {
    errorCode: cursor.int16(),
    name: cursor.text(),
    topicId: cursor.uuid(),
    isInternal: cursor.int8() !== 0,
    partitions: cursor.list(partition),
    topicAuthorizedOperations: cursor.int32(),
  };
  cursor.tags();
  return value;
}

export function decodeMetadataByHand(bytes: Buffer): unknown {
  const cursor = new Cursor(bytes);
  const value = {
    throttleTimeMs: cursor.int32(),
    brokers: cursor.list(broker),
    clusterId: cursor.text(),
    controllerId: cursor.int32(),
    topics: cursor.list(topic),
  };
  cursor.tags();
  return value;
}
