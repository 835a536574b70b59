import { expect, test } from 'vitest';
import { MetricsRegistry } from './metrics-registry.ts';

test('counters, gauges and histograms come out in the Prometheus text format', async () => {
  const metrics = new MetricsRegistry();
  metrics.counter({ name: 'bytes_total', help: 'Bytes.', labels: ['topic'] }).add(5, { topic: 'a"b' });
  metrics.gaugeOf({ name: 'partitions', help: 'Partitions.' }, () => 3);
  metrics.histogram({ name: 'wait_seconds', help: 'Wait.', buckets: [1, 2] }).observe(1.5);
  const { body } = await metrics.render();
  expect(body).toContain('bytes_total{topic="a\\"b"} 5');
  expect(body).toContain('partitions 3');
  expect(body).toContain('wait_seconds_bucket{le="1"} 0');
  expect(body).toContain('wait_seconds_bucket{le="2"} 1');
  expect(body).toContain('wait_seconds_bucket{le="+Inf"} 1');
  expect(body).toContain('wait_seconds_sum 1.5');
  expect(body).toContain('process_cpu_seconds_total');
});

test('a gauge that is read shows the value of now, also at the second scrape', async () => {
  const metrics = new MetricsRegistry();
  let now = 1;
  metrics.gaugeOf({ name: 'now', help: 'Now.' }, () => now);
  await metrics.render();
  now = 2;
  expect((await metrics.render()).body).toContain('now 2');
});
