import { randomUuid, SeededRandom } from '@tidelog/core';
import { ErrorCode } from '@tidelog/protocol';
import { describe, expect, it } from 'vitest';
import { CoreHarness, type BrokerOptions } from '../../testing/core-harness.ts';

const random = new SeededRandom(7);
const directory = randomUuid(random);
const reserved = 'AAAAAAAAAAAAAAAAAAAABQ';

describe('BrokerRegistration', () => {
  it('gives a new incarnation the offset of its record as its epoch, fenced', () => {
    const harness = new CoreHarness();
    const offset = harness.nextOffset;
    expect(harness.register(1)).toMatchObject({ errorCode: ErrorCode.NONE, brokerEpoch: offset });
    expect(harness.state.image.cluster.broker(1)).toMatchObject({ fenced: true, epoch: offset });
  });

  it('keeps epoch and state of the same incarnation', () => {
    const harness = new CoreHarness();
    const options = { incarnationId: randomUuid(random), logDirs: [directory] };
    const { brokerEpoch } = harness.register(1, options);
    harness.heartbeat(1);
    expect(harness.register(1, options).brokerEpoch).toBe(brokerEpoch);
    expect(harness.state.image.cluster.broker(1)?.fenced).toBe(false);
  });

  const refusals: [string, BrokerOptions, ErrorCode][] = [
    ['another cluster', { clusterId: 'other' }, ErrorCode.INCONSISTENT_CLUSTER_ID],
    ['no directories', { logDirs: [] }, ErrorCode.INVALID_REGISTRATION],
    ['a directory twice', { logDirs: [directory, directory] }, ErrorCode.INVALID_REGISTRATION],
    ['a reserved directory', { logDirs: [reserved] }, ErrorCode.INVALID_REGISTRATION],
    ['no metadata.version', { features: [] }, ErrorCode.UNSUPPORTED_VERSION],
    [
      'a level of a finalized feature that is too new for it',
      { features: [{ name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 29 }] },
      ErrorCode.UNSUPPORTED_VERSION,
    ],
  ];
  it.each(refusals)('refuses %s', (_what, options, errorCode) => {
    const harness = new CoreHarness();
    expect(harness.register(1, options)).toMatchObject({ errorCode, brokerEpoch: -1 });
    expect(harness.state.image.cluster.broker(1)).toBeUndefined();
  });

  it("refuses another broker's directory", () => {
    const harness = new CoreHarness();
    harness.register(1, { logDirs: [directory] });
    expect(harness.register(2, { logDirs: [directory] }).errorCode).toBe(ErrorCode.INVALID_REGISTRATION);
  });

  it('refuses a second process while the first is alive, and takes it when the session is over', () => {
    const harness = new CoreHarness();
    harness.bringUp([1, 2]);
    expect(harness.register(1).errorCode).toBe(ErrorCode.DUPLICATE_BROKER_REGISTRATION);
    harness.silence(1);
    expect(harness.register(1).errorCode).toBe(ErrorCode.NONE);
  });

  it('takes a restarted process at once when the connection of the former one broke', () => {
    const harness = new CoreHarness();
    harness.bringUp([1]);
    harness.sessions.connectionLost(1, 1, harness.now);
    expect(harness.register(1).errorCode).toBe(ErrorCode.NONE);
  });

  it('takes a broker out of ISRs and makes it ineligible when it did not stop cleanly', () => {
    const harness = new CoreHarness();
    harness.bringUp([1, 2]);
    harness.createTopic('t', { assignments: [[1, 2]], configs: { 'min.insync.replicas': '2' } });
    harness.sessions.connectionLost(1, 1, harness.now);
    harness.register(1, { previousBrokerEpoch: -1 });
    expect(harness.partition('t')).toMatchObject({ isr: [2], elr: [], leader: 2 });
  });

  it('keeps a broker that stopped cleanly eligible', () => {
    const harness = new CoreHarness();
    harness.bringUp([1, 2]);
    harness.createTopic('t', { assignments: [[1, 2]], configs: { 'min.insync.replicas': '2' } });
    const previousBrokerEpoch = harness.state.image.cluster.brokerEpoch(1);
    harness.sessions.connectionLost(1, 1, harness.now);
    harness.register(1, { previousBrokerEpoch });
    expect(harness.partition('t')).toMatchObject({ isr: [2], elr: [1], leader: 2 });
  });

  it('makes a broker that nobody remembers ineligible, whatever it says of its last stop', () => {
    const harness = new CoreHarness();
    harness.bringUp([1, 2]);
    harness.createTopic('t', { assignments: [[1, 2]], configs: { 'min.insync.replicas': '2' } });
    harness.silence(1);
    const previousBrokerEpoch = harness.state.image.cluster.brokerEpoch(1);
    harness.apply([{ type: 'unregisterBroker', brokerId: 1, brokerEpoch: previousBrokerEpoch }]);
    expect(harness.partition('t')).toMatchObject({ elr: [1] });
    harness.register(1, { previousBrokerEpoch });
    expect(harness.partition('t')).toMatchObject({ isr: [2], elr: [] });
  });
});
