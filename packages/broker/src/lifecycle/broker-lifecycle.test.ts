import { createNodeWorld, silentLogger, type World } from '@tidelog/core';
import { BrokerHeartbeat, type ResponseOf } from '@tidelog/protocol';
import { expect, test } from 'vitest';
import { until } from '../testing/client.ts';
import { BrokerLifecycle } from './broker-lifecycle.ts';

test('after a standstill a broker leads again when the controller says that it has read what it lost', async () => {
  const real = createNodeWorld();
  let stoodStillMs = 0;
  const clock = { wall: () => real.clock.wall(), monotonic: () => real.clock.monotonic() + stoodStillMs };
  const world: World = { ...real, clock };
  const waiting: (() => void)[] = [];
  let holds = false;
  let isCaughtUp = true;
  const lifecycle = new BrokerLifecycle({
    world,
    logger: silentLogger,
    controller: {
      send: async (api) => {
        if (api.key === BrokerHeartbeat.key && holds) await new Promise<void>((resolve) => waiting.push(resolve));
        const answer = { errorCode: 0, brokerEpoch: 0, isCaughtUp, isFenced: false, shouldShutDown: false };
        return answer as unknown as ResponseOf<typeof api>;
      },
    },
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
