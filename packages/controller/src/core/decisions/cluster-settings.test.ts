import { ErrorCode } from '@tidelog/protocol';
import { describe, expect, it } from 'vitest';
import { CoreHarness } from '../../testing/core-harness.ts';
import { decideAllocateProducerIds } from './allocate-producer-ids.ts';
import { decideAlterClientQuotas } from './alter-client-quotas.ts';
import { decideBootstrap } from './bootstrap.ts';
import { decideRegisterController } from './register-controller.ts';
import { decideUnregisterBroker } from './unregister-broker.ts';
import { decideUpdateFeatures } from './update-features.ts';

function cluster(): CoreHarness {
  const harness = new CoreHarness();
  harness.bringUp([1, 2]);
  return harness;
}

describe('AllocateProducerIds', () => {
  const allocate = (harness: CoreHarness, brokerEpoch?: number): [number, number] => {
    const request = { brokerId: 1, brokerEpoch: brokerEpoch ?? harness.state.image.cluster.brokerEpoch(1) };
    const response = harness.decide((context) => decideAllocateProducerIds(context, request));
    return [response.errorCode, response.producerIdStart];
  };

  it('gives each block once', () => {
    const harness = cluster();
    expect([allocate(harness), allocate(harness)]).toEqual([
      [0, 0],
      [0, 1000],
    ]);
  });

  it('refuses a former incarnation', () => {
    expect(allocate(cluster(), 999)).toEqual([ErrorCode.STALE_BROKER_EPOCH, -1]);
  });
});

describe('UpdateFeatures', () => {
  const update = (harness: CoreHarness, feature: string, maxVersionLevel: number, upgradeType = 1): number => {
    const featureUpdates = [{ feature, maxVersionLevel, allowDowngrade: false, upgradeType }];
    const request = { timeoutMs: 1, featureUpdates, validateOnly: false };
    return harness.decide((context) => decideUpdateFeatures(context, request, 2)).errorCode;
  };
  const elr = 'eligible.leader.replicas.version';

  it('lowers and raises a level', () => {
    const harness = cluster();
    expect(update(harness, 'metadata.version', 29, 2)).toBe(0);
    expect(harness.state.image.features.get('metadata.version')).toBe(29);
    expect(update(harness, 'metadata.version', 30)).toBe(0);
    expect(harness.state.image.features.get('metadata.version')).toBe(30);
  });

  it('forgets eligible replicas when they are switched off', () => {
    const harness = cluster();
    harness.createTopic('t', { assignments: [[1, 2]], configs: { 'min.insync.replicas': '2' } });
    harness.silence(2);
    expect(harness.partition('t').elr).toEqual([2]);
    expect(update(harness, elr, 0, 2)).toBe(0);
    expect(harness.partition('t').elr).toEqual([]);
    expect(harness.state.index.eligible.total).toBe(0);
  });

  it.each([
    ['an unknown feature', 'no.such.version', 1, 1, ErrorCode.INVALID_UPDATE_VERSION],
    ['a level that is too high', 'metadata.version', 31, 1, ErrorCode.INVALID_UPDATE_VERSION],
    ['a downgrade as an upgrade', 'metadata.version', 29, 1, ErrorCode.INVALID_UPDATE_VERSION],
    ['an unsafe downgrade of the metadata', 'metadata.version', 29, 3, ErrorCode.INVALID_UPDATE_VERSION],
    ['metadata that eligible replicas do not fit into', 'metadata.version', 20, 2, ErrorCode.INVALID_UPDATE_VERSION],
    ['an unknown way', 'metadata.version', 29, 9, ErrorCode.INVALID_REQUEST],
  ])('refuses %s', (_what, feature, level, upgradeType, errorCode) => {
    const harness = cluster();
    const before = harness.nextOffset;
    expect(update(harness, feature, level, upgradeType)).toBe(errorCode);
    expect(harness.nextOffset).toBe(before);
  });

  it('refuses a level that a broker does not support', () => {
    const harness = new CoreHarness({ bootstrapFeatures: new Map([['metadata.version', 25]]) });
    const old = { name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 26 };
    const others = [elr, 'group.version'].map((name) => ({ name, minSupportedVersion: 0, maxSupportedVersion: 1 }));
    harness.register(1, { features: [old, ...others] });
    expect(update(harness, 'metadata.version', 27)).toBe(ErrorCode.INVALID_UPDATE_VERSION);
    expect(update(harness, 'metadata.version', 26)).toBe(0);
  });
});

describe('AlterClientQuotas', () => {
  type Entity = { entityType: string; entityName: string | null }[];
  const alice: Entity = [{ entityType: 'user', entityName: 'alice' }];
  const alter = (harness: CoreHarness, entity: Entity, key: string, value: number, remove = false): number => {
    const request = { entries: [{ entity, ops: [{ key, value, remove }] }], validateOnly: false };
    return harness.decide((context) => decideAlterClientQuotas(context, request)).entries[0]?.errorCode ?? -1;
  };

  it('sets and removes quotas', () => {
    const harness = cluster();
    expect(alter(harness, alice, 'producer_byte_rate', 1000)).toBe(0);
    expect(harness.state.image.clientQuotas.get(alice)?.values.get('producer_byte_rate')).toBe(1000);
    expect(alter(harness, alice, 'producer_byte_rate', 0, true)).toBe(0);
    expect(harness.state.image.clientQuotas.get(alice)).toBeUndefined();
  });

  const refusals: [string, Entity, string, number][] = [
    ['no entity', [], 'producer_byte_rate', 1],
    ['an unknown type', [{ entityType: 'planet', entityName: 'x' }], 'producer_byte_rate', 1],
    ['an empty name', [{ entityType: 'user', entityName: '' }], 'producer_byte_rate', 1],
    ['an unknown key', alice, 'no_such_rate', 1],
    ['a key of IP addresses for a user', alice, 'connection_creation_rate', 1],
    ['a quota of nothing', alice, 'producer_byte_rate', 0],
    ['half a byte', alice, 'producer_byte_rate', 1.5],
    ['an address that is none', [{ entityType: 'ip', entityName: '1.2.3.400' }], 'connection_creation_rate', 1],
    ['a user with an address', [...alice, { entityType: 'ip', entityName: '::1' }], 'connection_creation_rate', 1],
  ];
  it.each(refusals)('refuses %s', (_what, entity, key, value) => {
    expect(alter(cluster(), entity, key, value)).toBe(ErrorCode.INVALID_REQUEST);
  });
});

describe('other settings of the cluster', () => {
  it('unregisters a broker after giving its leaderships away', () => {
    const harness = cluster();
    harness.createTopic('t', { assignments: [[1, 2]] });
    const unregister = (): number =>
      harness.decide((context) => decideUnregisterBroker(context, { brokerId: 1 })).errorCode;
    expect(unregister()).toBe(0);
    expect(harness.state.image.cluster.broker(1)).toBeUndefined();
    expect(harness.partition('t')).toMatchObject({ replicas: [1, 2], isr: [2], leader: 2 });
    expect(unregister()).toBe(ErrorCode.BROKER_ID_NOT_REGISTERED);
  });

  it('registers a controller once per incarnation', () => {
    const harness = cluster();
    const listeners = [{ name: 'CONTROLLER', host: 'localhost', port: 9093, securityProtocol: 0 }];
    const features = [...harness.config.supportedFeatures];
    const whole = { controllerId: 3, incarnationId: 'KAFKAKAFKAKAFKAKAFKAKA', zkMigrationReady: false, listeners };
    const register = (): number =>
      harness.decide((context) => decideRegisterController(context, { ...whole, features })).errorCode;
    expect(register()).toBe(0);
    const before = harness.nextOffset;
    expect(register()).toBe(0);
    expect(harness.nextOffset).toBe(before);
    expect(harness.state.image.cluster.controllers.get(3)?.endpoints.get('CONTROLLER')?.port).toBe(9093);
    const none = harness.decide((context) => decideRegisterController(context, { ...whole, features: [] }));
    expect(none.errorCode).toBe(ErrorCode.UNSUPPORTED_VERSION);
  });

  it('bootstraps a cluster once', () => {
    const harness = cluster();
    expect(decideBootstrap(harness.context)).toEqual([]);
  });
});
