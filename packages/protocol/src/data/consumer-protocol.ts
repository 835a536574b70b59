/**
 * What classic consumers say to each other through the group coordinator, which passes it on unread: each member its
 * subscription, the leader the assignment. On the wire an int16 version goes before either. The broker reads
 * subscriptions only to see who still needs a topic's offsets, and to turn a classic group into one of the consumer
 * protocol.
 */
import { array, bytes, int32, string } from '../schema/field.ts';
import { data } from '../schema/message.ts';

export const ConsumerProtocolSubscription = data('ConsumerProtocolSubscription', {
  versions: [0, 3],
  fields: {
    topics: array(string()),
    userData: bytes({ nullable: true, default: null }),
    ownedPartitions: array(
      {
        topic: string(),
        partitions: array(int32()),
      },
      { since: 1, ignorable: true },
    ),
    generationId: int32({ since: 2, default: -1, ignorable: true }),
    rackId: string({ since: 3, nullable: true, default: null, ignorable: true }),
  },
});

export const ConsumerProtocolAssignment = data('ConsumerProtocolAssignment', {
  versions: [0, 3],
  fields: {
    assignedPartitions: array({
      topic: string(),
      partitions: array(int32()),
    }),
    userData: bytes({ nullable: true, default: null }),
  },
});
