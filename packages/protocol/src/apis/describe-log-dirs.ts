import { api } from '../schema/api.ts';
import { array, boolean, int16, int32, int64, string } from '../schema/field.ts';

/** Describes the log directories of a broker and the replicas in them. */
// v2  flexible encoding
// v3  an error for the whole response
// v4  total and usable bytes (KIP-827)
// v5  whether a directory is cordoned (KIP-1066)
export const DescribeLogDirs = api('DescribeLogDirs', {
  key: 35,
  versions: [1, 5],
  flexibleSince: 2,

  request: {
    topics: array(
      {
        topic: string(),
        partitions: array(int32()),
      },
      { nullable: true },
    ),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16({ since: 3 }),
    results: array({
      errorCode: int16(),
      logDir: string(),
      topics: array({
        name: string(),
        partitions: array({
          partitionIndex: int32(),
          partitionSize: int64(),
          offsetLag: int64(),
          isFutureKey: boolean(),
        }),
      }),
      totalBytes: int64({ since: 4, default: -1 }),
      usableBytes: int64({ since: 4, default: -1 }),
      isCordoned: boolean({ since: 5, default: false }),
    }),
  },
});
