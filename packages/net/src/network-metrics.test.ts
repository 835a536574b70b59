import type { Labels, Metrics } from '@tidelog/core';
import { expect, test } from 'vitest';
import { startListener, until } from './testing/wire.ts';

/** Keeps the last value or the count of every series. */
class CountedMetrics implements Metrics {
  readonly values = new Map<string, number>();

  counter = ({ name }: { name: string }) => ({
    add: (amount = 1, labels: Labels = {}) => this.#set(name, labels, this.value(name, labels) + amount),
  });
  gauge = ({ name }: { name: string }) => ({
    set: (value: number, labels: Labels = {}) => this.#set(name, labels, value),
    remove: () => undefined,
  });
  gaugeOf = () => undefined;
  histogram = ({ name }: { name: string }) => ({
    observe: (_value: number, labels: Labels = {}) => this.#set(name, labels, this.value(name, labels) + 1),
  });

  value(name: string, labels: Labels): number {
    return this.values.get(`${name} ${JSON.stringify(labels)}`) ?? 0;
  }

  #set(name: string, labels: Labels, value: number): void {
    this.values.set(`${name} ${JSON.stringify(labels)}`, value);
  }
}

test('requests, their bytes and times, and connections are counted under names of Kafka', async () => {
  const metrics = new CountedMetrics();
  const { connect, listener } = await startListener({ metrics });
  const client = connect();
  client.heartbeat('now', 1, 3);
  client.heartbeat('later', 2, 3);
  await until(() => client.frames.length === 2);
  const prefix = 'kafka_network_requestmetrics';
  const request = { request: 'Heartbeat' };
  const connections = 'kafka_server_socket_server_metrics_connection_count';
  expect(metrics.value(`${prefix}_requests_total`, { ...request, version: '3' })).toBe(2);
  expect(metrics.value(`${prefix}_requestbytes_total`, request)).toBeGreaterThan(40);
  expect(metrics.value(`${prefix}_responsebytes_total`, request)).toBe(client.bytes);
  expect(metrics.value(`${prefix}_totaltimems`, request)).toBe(2);
  expect(metrics.value(`${prefix}_localtimems`, request)).toBe(2);
  expect(metrics.value(connections, { listener: 'PLAINTEXT' })).toBe(1);
  await listener.stop();
  expect(metrics.value(connections, { listener: 'PLAINTEXT' })).toBe(0);
});
