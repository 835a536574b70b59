/**
 * The file <offset>.snapshot beside a segment: what the log remembers of each producer at that offset, so that
 * duplicates are found again after a restart. An int16 version goes before it; the CRC-32C covers the producers.
 */
import { array, int16, int32, int64, uint32 } from '../schema/field.ts';
import { data } from '../schema/message.ts';

export const ProducerSnapshot = data('ProducerSnapshot', {
  versions: [1, 1],
  fields: {
    crc: uint32(),
    producerEntries: array({
      producerId: int64(),
      epoch: int16(),
      lastSequence: int32(),
      lastOffset: int64(),
      offsetDelta: int32(),
      timestamp: int64(),
      coordinatorEpoch: int32(),
      currentTxnFirstOffset: int64(),
    }),
  },
});
