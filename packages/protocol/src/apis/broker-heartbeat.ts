import { api } from '../schema/api.ts';
import { array, boolean, int16, int32, int64, uuid } from '../schema/field.ts';

/** A broker keeps its lease, catches up with metadata, and asks to be unfenced or shut down (KIP-631). */
// v1  log directories that went offline (KIP-858)
// v2  log directories that are cordoned (KIP-1066)
export const BrokerHeartbeat = api('BrokerHeartbeat', {
  key: 63,
  versions: [0, 2],
  flexibleSince: 0,

  request: {
    brokerId: int32(),
    brokerEpoch: int64({ default: -1 }),
    currentMetadataOffset: int64(),
    wantFence: boolean(),
    wantShutDown: boolean(),
    offlineLogDirs: array(uuid(), { since: 1, tag: 0 }),
    cordonedLogDirs: array(uuid(), { since: 2, nullable: true, default: null, tag: 1 }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    isCaughtUp: boolean({ default: false }),
    isFenced: boolean({ default: true }),
    shouldShutDown: boolean(),
  },
});
