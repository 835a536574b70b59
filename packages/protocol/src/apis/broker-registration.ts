import { api } from '../schema/api.ts';
import { array, boolean, int16, int32, int64, string, uint16, uuid } from '../schema/field.ts';

/** A broker makes itself known to the controller at start (KIP-631). */
// v1  whether it migrates from ZooKeeper (KIP-866)
// v2  directory ids (KIP-858)
// v3  the epoch of its last clean life (KIP-966)
// v4  a supported feature may begin at 0 (KIP-1022)
export const BrokerRegistration = api('BrokerRegistration', {
  key: 62,
  versions: [0, 4],
  flexibleSince: 0,

  request: {
    brokerId: int32(),
    clusterId: string(),
    incarnationId: uuid(),
    listeners: array({
      name: string(),
      host: string(),
      port: uint16(),
      securityProtocol: int16(),
    }),
    features: array({
      name: string(),
      minSupportedVersion: int16(),
      maxSupportedVersion: int16(),
    }),
    rack: string({ nullable: true }),
    isMigratingZkBroker: boolean({ since: 1, default: false }),
    logDirs: array(uuid(), { since: 2, ignorable: true }),
    previousBrokerEpoch: int64({ since: 3, default: -1, ignorable: true }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    brokerEpoch: int64({ default: -1 }),
  },
});
