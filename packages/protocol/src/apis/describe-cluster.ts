import { api } from '../schema/api.ts';
import { array, boolean, int16, int32, int8, string } from '../schema/field.ts';

/** Describes the brokers, or the controllers, of the cluster (KIP-700). */
// v1  brokers or controllers (KIP-919)
// v2  fenced brokers too (KIP-1073)
export const DescribeCluster = api('DescribeCluster', {
  key: 60,
  versions: [0, 2],
  flexibleSince: 0,

  request: {
    includeClusterAuthorizedOperations: boolean(),
    endpointType: int8({ since: 1, default: 1 }),
    includeFencedBrokers: boolean({ since: 2 }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    errorMessage: string({ nullable: true, default: null }),
    endpointType: int8({ since: 1, default: 1 }),
    clusterId: string(),
    controllerId: int32({ default: -1 }),
    brokers: array({
      brokerId: int32(),
      host: string(),
      port: int32(),
      rack: string({ nullable: true, default: null }),
      isFenced: boolean({ since: 2 }),
    }),
    clusterAuthorizedOperations: int32({ default: -2147483648 }),
  },
});
