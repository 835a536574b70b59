/**
 * The file quorum-state of the metadata log: epoch, leader and vote (KIP-595). It is JSON on disk with these very
 * names, not these bytes; the schema says which names belong to which version.
 */
import { array, int32, int64, string, uuid } from '../schema/field.ts';
import { data } from '../schema/message.ts';

export const QuorumStateData = data('QuorumStateData', {
  versions: [0, 1],
  flexibleSince: 0,
  fields: {
    clusterId: string({ until: 0 }),
    leaderId: int32({ default: -1 }),
    leaderEpoch: int32({ default: -1 }),
    votedId: int32({ default: -1 }),
    votedDirectoryId: uuid({ since: 1 }),
    appliedOffset: int64({ until: 0 }),
    currentVoters: array(
      {
        voterId: int32(),
      },
      { until: 0, nullable: true },
    ),
  },
});
