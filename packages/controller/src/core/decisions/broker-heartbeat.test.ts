import { randomUuid, SeededRandom } from '@tidelog/core';
import { ErrorCode } from '@tidelog/protocol';
import { describe, expect, it } from 'vitest';
import { CoreHarness } from '../../testing/core-harness.ts';

describe('BrokerHeartbeat', () => {
  it('unfences a broker with the first heartbeat that has read its registration', () => {
    const harness = new CoreHarness();
    const { brokerEpoch } = harness.register(1);
    expect(harness.heartbeat(1, { offset: brokerEpoch - 1 })).toMatchObject({ isCaughtUp: false, isFenced: true });
    expect(harness.heartbeat(1, { offset: brokerEpoch })).toMatchObject({ isCaughtUp: true, isFenced: false });
  });

  it('leaves a broker fenced that wants to be', () => {
    const harness = new CoreHarness();
    harness.register(1);
    expect(harness.heartbeat(1, { fence: true })).toMatchObject({ isCaughtUp: true, isFenced: true });
  });

  it('refuses unknown brokers and other epochs', () => {
    const harness = new CoreHarness();
    harness.register(1);
    expect(harness.heartbeat(2).errorCode).toBe(ErrorCode.BROKER_ID_NOT_REGISTERED);
    expect(harness.heartbeat(1, { epoch: 999 }).errorCode).toBe(ErrorCode.STALE_BROKER_EPOCH);
  });

  it('fences a silent broker and gives its leaderships to others', () => {
    const harness = new CoreHarness();
    harness.bringUp([1, 2, 3]);
    harness.createTopic('t', { assignments: [[1, 2, 3]] });
    harness.silence(1);
    expect(harness.state.image.cluster.broker(1)?.fenced).toBe(true);
    expect(harness.partition('t')).toMatchObject({ isr: [2, 3], leader: 2, leaderEpoch: 1, partitionEpoch: 1 });
  });

  it('unfences a broker that was silent when it has read of its fencing, not before', () => {
    const harness = new CoreHarness();
    harness.bringUp([1, 2]);
    harness.createTopic('t', { assignments: [[1, 2]] });
    const before = harness.nextOffset - 1;
    harness.silence(1);
    const fencedAt = harness.nextOffset - 1;
    expect(harness.heartbeat(1, { offset: before })).toMatchObject({ isCaughtUp: false, isFenced: true });
    expect(harness.heartbeat(1, { offset: fencedAt })).toMatchObject({ isCaughtUp: true, isFenced: false });
  });

  it('asks a broker that a former controller may have fenced to read what this one began with', () => {
    const harness = new CoreHarness();
    harness.bringUp([1, 2]);
    const before = harness.nextOffset - 1;
    harness.silence(1);
    harness.commit();
    harness.revert();
    const beganAt = harness.nextOffset - 1;
    expect(harness.heartbeat(1, { offset: before })).toMatchObject({ isCaughtUp: false, isFenced: true });
    expect(harness.heartbeat(2, { offset: before })).toMatchObject({ isCaughtUp: false, isFenced: false });
    expect(harness.heartbeat(1, { offset: beganAt })).toMatchObject({ isCaughtUp: true, isFenced: false });
  });

  it('fences a broker early when its connection broke and it did not come back', () => {
    const harness = new CoreHarness();
    harness.bringUp([1, 2]);
    harness.sessions.connectionLost(1, 1, harness.now);
    expect(harness.sessions.nextExpiry()).toBe(harness.now + harness.config.brokerReconnectGraceMs);
    harness.heartbeat(1);
    expect(harness.sessions.nextExpiry()).toBe(harness.now + harness.config.brokerSessionTimeoutMs);
  });

  it('lets a broker that leads nothing stop at once', () => {
    const harness = new CoreHarness();
    harness.bringUp([1, 2]);
    expect(harness.heartbeat(1, { shutDown: true })).toMatchObject({ shouldShutDown: true, isFenced: true });
    expect(harness.state.image.cluster.broker(1)?.fenced).toBe(true);
  });

  it('lets a leader stop when others lead and all have read of it', () => {
    const harness = new CoreHarness();
    harness.bringUp([1, 2]);
    harness.createTopic('t', { assignments: [[1, 2]] });
    const before = harness.nextOffset - 1;
    expect(harness.heartbeat(1, { shutDown: true })).toMatchObject({ shouldShutDown: false, isFenced: false });
    expect(harness.state.image.cluster.broker(1)?.inControlledShutdown).toBe(true);
    expect(harness.partition('t')).toMatchObject({ leader: 2, isr: [2] });
    harness.heartbeat(2, { offset: before });
    expect(harness.heartbeat(1, { shutDown: true }).shouldShutDown).toBe(false);
    harness.heartbeat(2);
    expect(harness.heartbeat(1, { shutDown: true }).shouldShutDown).toBe(true);
  });

  it('takes a broker out of thousands of ISRs in parts, and lets it stop when it is out of all', () => {
    const harness = new CoreHarness();
    harness.bringUp([1, 2]);
    harness.createTopic('t', { assignments: Array.from({ length: 1800 }, (_, n) => (n % 3 === 0 ? [1, 2] : [2, 1])) });
    const left = (): number => {
      const partitions = harness.state.image.topics.get('t')?.partitions.values() ?? [];
      return [...partitions].filter(({ isr }) => isr.includes(1)).length;
    };
    const seen = Array.from({ length: 5 }, () => {
      const { shouldShutDown } = harness.heartbeat(1, { shutDown: true });
      harness.heartbeat(2);
      return [left(), shouldShutDown];
    });
    expect(seen).toEqual([
      [1300, false],
      [800, false],
      [300, false],
      [0, false],
      [0, true],
    ]);
    expect(harness.state.index.leaderships(1)).toBe(0);
  });

  it('lets the only broker stop although it is the only replica, and gives it its partitions back', () => {
    const harness = new CoreHarness();
    harness.bringUp([1]);
    harness.createTopic('t', { assignments: [[1]] });
    const previousBrokerEpoch = harness.state.image.cluster.brokerEpoch(1);
    expect(harness.heartbeat(1, { shutDown: true }).shouldShutDown).toBe(false);
    expect(harness.heartbeat(1, { shutDown: true }).shouldShutDown).toBe(true);
    expect(harness.partition('t')).toMatchObject({ leader: -1, isr: [], elr: [1], lastKnownElr: [1] });
    harness.register(1, { previousBrokerEpoch });
    harness.heartbeat(1);
    const recovered = { leader: 1, isr: [1], elr: [], lastKnownElr: [], leaderRecoveryState: 0 };
    expect(harness.partition('t')).toMatchObject(recovered);
  });

  it('elects the last known leader when it comes back after a crash, to recover', () => {
    const harness = new CoreHarness();
    harness.bringUp([1]);
    harness.createTopic('t', { assignments: [[1]] });
    harness.sessions.connectionLost(1, 1, harness.now);
    harness.register(1);
    expect(harness.partition('t')).toMatchObject({ leader: -1, isr: [], elr: [], lastKnownElr: [1] });
    harness.heartbeat(1);
    expect(harness.partition('t')).toMatchObject({ leader: 1, isr: [1], lastKnownElr: [], leaderRecoveryState: 1 });
  });

  it('elects nobody when the only replica came back with another disk', () => {
    const harness = new CoreHarness();
    harness.bringUp([1]);
    harness.createTopic('t', { assignments: [[1]] });
    harness.sessions.connectionLost(1, 1, harness.now);
    harness.register(1, { logDirs: [randomUuid(new SeededRandom(5))] });
    harness.heartbeat(1);
    expect(harness.partition('t').leader).toBe(-1);
  });

  it('moves replicas of a failed directory out of the ISR', () => {
    const random = new SeededRandom(3);
    const [good, bad] = [randomUuid(random), randomUuid(random)];
    const harness = new CoreHarness();
    harness.bringUp([1], { logDirs: [bad] });
    harness.bringUp([2], { logDirs: [good] });
    harness.createTopic('t', { assignments: [[1, 2]] });
    harness.heartbeat(1, { offlineLogDirs: [bad] });
    expect(harness.state.image.cluster.broker(1)).toMatchObject({ fenced: false, logDirs: [] });
    expect(harness.partition('t')).toMatchObject({ leader: 2, isr: [2] });
  });
});
