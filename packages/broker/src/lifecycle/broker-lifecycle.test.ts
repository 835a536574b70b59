import { createNodeWorld, silentLogger, type LogFields, type Millis, type World } from '@tidelog/core';
import { BrokerHeartbeat, ErrorCode, type ResponseOf } from '@tidelog/protocol';
import { expect, test } from 'vitest';
import type { ControllerChannel } from '../channels.ts';
import { until } from '../testing/client.ts';
import { BrokerLifecycle, type LifecycleDeps } from './broker-lifecycle.ts';

type Answer = (api: { readonly key: number }, timeoutMs: Millis | undefined) => Promise<object>;

function lifecycleWith(deps: Pick<LifecycleDeps, 'world' | 'logger'> & { answer: Answer }): BrokerLifecycle {
  const { world, logger, answer } = deps;
  const controller: ControllerChannel = {
    send: async (api, _, options) => (await answer(api, options?.timeoutMs)) as unknown as ResponseOf<typeof api>,
  };
  return new BrokerLifecycle({
    world,
    logger,
    controller,
    identity: {
      nodeId: 1,
      clusterId: 'c',
      incarnationId: 'AAAAAAAAAAAAAAAAAAAAAA',
      rack: null,
      listeners: [],
      features: [],
      logDirs: [],
      previousBrokerEpoch: -1,
    },
    timings: {
      heartbeatIntervalMs: 20,
      sessionTimeoutMs: 5000,
      retryMs: 10,
      shutdownTimeoutMs: 1000,
      shutdownWithoutControllerMs: 1000,
    },
    offlineLogDirs: () => [],
    onChange: () => undefined,
  });
}

test('a refused registration is said once a second, and again when the reason is another', async () => {
  const reasons: unknown[] = [];
  let errorCode: ErrorCode = ErrorCode.DUPLICATE_BROKER_REGISTRATION;
  let registrations = 0;
  const lifecycle = lifecycleWith({
    world: createNodeWorld(),
    logger: { ...silentLogger, warn: ({ error }: LogFields) => void reasons.push(error) },
    answer: async () => {
      registrations++;
      return { errorCode, brokerEpoch: -1 };
    },
  });
  const before = performance.now();
  lifecycle.start();
  await until(() => registrations >= 5, 'some attempts');
  expect(reasons.length).toBeLessThanOrEqual(Math.ceil((performance.now() - before) / 1000));
  errorCode = ErrorCode.NOT_CONTROLLER;
  await until(() => reasons.at(-1) === 'NOT_CONTROLLER', 'the other reason');
  lifecycle.stop();
  expect(new Set(reasons)).toEqual(new Set(['DUPLICATE_BROKER_REGISTRATION', 'NOT_CONTROLLER']));
});

test('a controller has half a session to answer a heartbeat, for giving it up breaks the connection', async () => {
  const timeouts: (Millis | undefined)[] = [];
  const lifecycle = lifecycleWith({
    world: createNodeWorld(),
    logger: silentLogger,
    answer: async (api, timeoutMs) => {
      if (api.key === BrokerHeartbeat.key) timeouts.push(timeoutMs);
      return { errorCode: 0, brokerEpoch: 0, isCaughtUp: true, isFenced: false, shouldShutDown: false };
    },
  });
  lifecycle.start();
  await until(() => lifecycle.brokerEpoch === 0, 'the registration');
  lifecycle.onMetadata({ offset: 1, cluster: { brokerEpoch: () => 0 } } as never);
  await until(() => timeouts.length > 0, 'a heartbeat');
  lifecycle.stop();
  expect(timeouts[0]).toBe(2500);
});

test('after a standstill a broker leads again when the controller says that it has read what it lost', async () => {
  const real = createNodeWorld();
  let stoodStillMs = 0;
  const clock = { wall: () => real.clock.wall(), monotonic: () => real.clock.monotonic() + stoodStillMs };
  const world: World = { ...real, clock };
  const waiting: (() => void)[] = [];
  let holds = false;
  let isCaughtUp = true;
  const lifecycle = lifecycleWith({
    world,
    logger: silentLogger,
    answer: async (api) => {
      if (api.key === BrokerHeartbeat.key && holds) await new Promise<void>((resolve) => waiting.push(resolve));
      return { errorCode: 0, brokerEpoch: 0, isCaughtUp, isFenced: false, shouldShutDown: false };
    },
  });
  lifecycle.start();
  await until(() => lifecycle.brokerEpoch === 0, 'the registration');
  lifecycle.onMetadata({ offset: 1, cluster: { brokerEpoch: () => 0 } } as never);
  await until(() => lifecycle.state === 'running', 'the first heartbeat');
  holds = true;
  await until(() => waiting.length === 1, 'a heartbeat in flight');
  expect(lifecycle.mayLead).toBe(true);
  stoodStillMs = 6000;
  expect(lifecycle.mayLead).toBe(false);
  waiting[0]?.();
  await until(() => waiting.length === 2, 'the next heartbeat');
  expect(lifecycle.mayLead).toBe(false);
  isCaughtUp = false;
  waiting[1]?.();
  await until(() => waiting.length === 3, 'another one');
  expect(lifecycle.mayLead).toBe(false);
  isCaughtUp = true;
  waiting[2]?.();
  await until(() => lifecycle.mayLead, 'its answer');
  lifecycle.stop();
});
