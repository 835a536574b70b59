import { expect, test } from 'vitest';
import { LifecycleCore, type HeartbeatAnswer, type LifecycleEffect, type LifecycleInput } from './lifecycle-core.ts';

function run(core: LifecycleCore, input: LifecycleInput, now: number): string[] {
  const out: LifecycleEffect[] = [];
  core.step(input, now, out);
  return out.map((effect) => (effect.kind === 'changed' ? effect.state : effect.kind));
}

function answered(answer: Partial<HeartbeatAnswer> = {}): LifecycleInput {
  return { kind: 'heartbeatAnswered', isCaughtUp: true, isFenced: false, shouldShutDown: false, ...answer };
}

function started(): LifecycleCore {
  const core = new LifecycleCore({
    heartbeatIntervalMs: 2000,
    sessionTimeoutMs: 9000,
    retryMs: 50,
    shutdownTimeoutMs: 10_000,
    shutdownWithoutControllerMs: 1000,
  });
  expect(run(core, { kind: 'started' }, 0)).toEqual(['registering', 'sendRegistration']);
  expect(run(core, { kind: 'registered', brokerEpoch: 7 }, 5)).toEqual(['fenced']);
  return core;
}

function running(): LifecycleCore {
  const core = started();
  expect(run(core, { kind: 'metadataApplied', offset: 7, brokerEpoch: 7 }, 6)).toEqual(['sendHeartbeat']);
  expect(run(core, answered(), 7)).toEqual(['running']);
  return core;
}

test('the first heartbeat goes out in the turn in which the registration is seen, the next after the interval', () => {
  const core = running();
  expect(core.nextDeadline()).toBe(2007);
  expect(run(core, { kind: 'ticked' }, 2006)).toEqual([]);
  expect(run(core, { kind: 'ticked' }, 2007)).toEqual(['sendHeartbeat']);
});

test('no heartbeat before the registration was seen: it could not unfence', () => {
  const core = started();
  expect(run(core, { kind: 'metadataApplied', offset: 3, brokerEpoch: -1 }, 6)).toEqual([]);
  expect(core.nextDeadline()).toBe(Infinity);
});

test('metadata may outrun the answer to the registration', () => {
  const core = new LifecycleCore({
    heartbeatIntervalMs: 2000,
    sessionTimeoutMs: 9000,
    retryMs: 50,
    shutdownTimeoutMs: 10_000,
    shutdownWithoutControllerMs: 1000,
  });
  run(core, { kind: 'started' }, 0);
  run(core, { kind: 'metadataApplied', offset: 7, brokerEpoch: 7 }, 1);
  expect(run(core, { kind: 'registered', brokerEpoch: 7 }, 2)).toEqual(['fenced', 'sendHeartbeat']);
});

test('a broker that stays fenced asks again soon', () => {
  const core = started();
  run(core, { kind: 'metadataApplied', offset: 7, brokerEpoch: 7 }, 6);
  expect(run(core, answered({ isFenced: true }), 10)).toEqual([]);
  expect(core.nextDeadline()).toBe(60);
});

test('a broker that was fenced, or has not read what it lost, asks again soon', () => {
  for (const answer of [{ isFenced: true }, { isCaughtUp: false }]) {
    const core = running();
    run(core, { kind: 'ticked' }, 2007);
    run(core, answered(answer), 2010);
    expect(core.nextDeadline()).toBe(2060);
  }
});

test('a stale epoch makes it register anew', () => {
  const core = running();
  run(core, { kind: 'ticked' }, 2007);
  expect(run(core, { kind: 'heartbeatFailed', mustRegister: true }, 2010)).toEqual(['registering']);
  expect(run(core, { kind: 'ticked' }, 2060)).toEqual(['sendRegistration']);
});

test('a registration refused for good ends it', () => {
  const core = new LifecycleCore({
    heartbeatIntervalMs: 2000,
    sessionTimeoutMs: 9000,
    retryMs: 50,
    shutdownTimeoutMs: 10_000,
    shutdownWithoutControllerMs: 1000,
  });
  run(core, { kind: 'started' }, 0);
  expect(run(core, { kind: 'registrationFailed', retriable: false, detail: 'wrong cluster' }, 1)).toEqual(['failed']);
  expect(core.nextDeadline()).toBe(Infinity);
});

test('it leaves when the controller lets go, or when its time is up', () => {
  const granted = running();
  expect(run(granted, { kind: 'shutdownRequested' }, 100)).toEqual(['leaving', 'sendHeartbeat']);
  expect(run(granted, answered({ shouldShutDown: true }), 110)).toEqual(['stopped']);

  const ignored = running();
  run(ignored, { kind: 'shutdownRequested' }, 100);
  expect(run(ignored, { kind: 'ticked' }, 10_100)).toEqual(['stopped']);
});

test('it does not wait long for a controller that answers nobody', () => {
  const core = running();
  run(core, { kind: 'shutdownRequested' }, 100);
  run(core, { kind: 'heartbeatFailed', mustRegister: false }, 200);
  run(core, { kind: 'ticked' }, 250);
  run(core, { kind: 'heartbeatFailed', mustRegister: false }, 300);
  expect(run(core, { kind: 'ticked' }, 1200)).toEqual(['stopped']);
});

test('a controller whose connection broke hears of the broker at once', () => {
  const core = running();
  expect(run(core, { kind: 'controllerLost' }, 500)).toEqual(['sendHeartbeat']);
  expect(run(core, { kind: 'controllerLost' }, 501)).toEqual([]);
});

test('a new controller hears of the broker at once', () => {
  const core = running();
  expect(run(core, { kind: 'controllerChanged' }, 500)).toEqual(['sendHeartbeat']);
});
