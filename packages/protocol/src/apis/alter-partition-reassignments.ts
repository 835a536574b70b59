import { api } from '../schema/api.ts';
import { array, boolean, int16, int32, string } from '../schema/field.ts';

/** Starts and cancels moves of partitions to other replicas (KIP-455). */
// v1  a client may forbid a change of the replication factor (KIP-860)
export const AlterPartitionReassignments = api('AlterPartitionReassignments', {
  key: 45,
  versions: [0, 1],
  flexibleSince: 0,

  request: {
    timeoutMs: int32({ default: 60000 }),
    allowReplicationFactorChange: boolean({ since: 1, default: true }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        replicas: array(int32(), { nullable: true, default: null }),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    allowReplicationFactorChange: boolean({ since: 1, default: true }),
    errorCode: int16(),
    errorMessage: string({ nullable: true }),
    responses: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string({ nullable: true }),
      }),
    }),
  },
});
