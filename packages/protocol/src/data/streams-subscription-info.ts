/**
 * What members of a classic Kafka Streams application say to each other inside the user data of their subscriptions.
 * The broker never reads it; tools do.
 */
import { array, bytes, int32, int64, int8, string, uuid } from '../schema/field.ts';
import { data } from '../schema/message.ts';

const taskId = {
  topicGroupId: int32(),
  partition: int32(),
};

const partitionToOffsetSum = {
  partition: int32(),
  offsetSum: int64(),
};

const taskOffsetSum = {
  topicGroupId: int32(),
  partition: int32({ since: 10 }),
  offsetSum: int64({ since: 10 }),
  namedTopology: string({ since: 10, nullable: true }),
  partitionToOffsetSum: array(partitionToOffsetSum, { until: 9 }),
};

const clientTag = {
  key: bytes(),
  value: bytes(),
};

export const SubscriptionInfoData = data('SubscriptionInfoData', {
  versions: [1, 11],
  fields: {
    version: int32(),
    latestSupportedVersion: int32({ since: 3, default: -1 }),
    processId: uuid(),
    prevTasks: array(taskId, { until: 6 }),
    standbyTasks: array(taskId, { until: 6 }),
    userEndPoint: bytes({ since: 2 }),
    taskOffsetSums: array(taskOffsetSum, { since: 7 }),
    uniqueField: int8({ since: 8 }),
    errorCode: int32({ since: 9 }),
    clientTags: array(clientTag, { since: 11 }),
  },
});
