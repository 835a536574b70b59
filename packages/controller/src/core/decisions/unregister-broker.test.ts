import { ErrorCode } from '@tidelog/protocol';
import { describe, expect, it } from 'vitest';
import { CoreHarness } from '../../testing/core-harness.ts';
import { decideUnregisterBroker } from './unregister-broker.ts';

const twoInSync = { assignments: [[1, 2]], configs: { 'min.insync.replicas': '2' } };

function unregister(harness: CoreHarness, brokerId: number): ErrorCode {
  return harness.decide((context) => decideUnregisterBroker(context, { brokerId })).errorCode;
}

describe('UnregisterBroker', () => {
  it('makes the broker eligible nowhere, since it may come back with another disk', () => {
    const harness = new CoreHarness();
    harness.bringUp([1, 2]);
    harness.createTopic('t', twoInSync);
    harness.silence(1);
    expect(harness.partition('t')).toMatchObject({ isr: [2], elr: [1] });
    expect(unregister(harness, 1)).toBe(ErrorCode.NONE);
    expect(harness.partition('t')).toMatchObject({ isr: [2], elr: [] });
  });

  it('lets nobody lead by what it had before', () => {
    const harness = new CoreHarness();
    harness.bringUp([1, 2]);
    harness.createTopic('t', twoInSync);
    harness.silence(1);
    unregister(harness, 1);
    harness.silence(2);
    harness.bringUp([1]);
    expect(harness.partition('t')).toMatchObject({ isr: [], elr: [2], leader: -1 });
  });

  it('refuses a broker that is not registered', () => {
    expect(unregister(new CoreHarness(), 1)).toBe(ErrorCode.BROKER_ID_NOT_REGISTERED);
  });
});
