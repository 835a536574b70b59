import { api } from '../schema/api.ts';
import { array, int16, int32, string, struct, uuid } from '../schema/field.ts';

const topicPartitions = {
  topicId: uuid(),
  partitions: array(int32()),
};

/** All that a member of a share group says and hears (KIP-932). */
export const ShareGroupHeartbeat = api('ShareGroupHeartbeat', {
  key: 76,
  versions: [1, 1],
  flexibleSince: 0,

  request: {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    rackId: string({ nullable: true, default: null }),
    subscribedTopicNames: array(string(), { nullable: true, default: null }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    errorMessage: string({ nullable: true, default: null }),
    memberId: string({ nullable: true, default: null }),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    assignment: struct(
      {
        topicPartitions: array(topicPartitions),
      },
      { nullable: true, default: null },
    ),
  },
});
