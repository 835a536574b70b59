/**
 * Core's Metrics with the numbers kept in plain maps, so that counting costs an addition and prom-client (70 ms to
 * load) is needed only when somebody looks: it is loaded at the first scrape and renders what it is handed.
 */
import type { Counter, Gauge, Histogram, Labels, MetricOptions, Metrics } from '@tidelog/core';
import type { Registry } from 'prom-client';

type Kind = 'counter' | 'gauge' | 'histogram';

interface Sample {
  readonly labels: Labels;
  value: number;
  readonly metricName?: string;
}

interface Distribution {
  readonly labels: Labels;
  /** How many values fell into each bucket. */
  readonly counts: number[];
  sum: number;
  count: number;
}

interface Family {
  readonly name: string;
  readonly help: string;
  readonly kind: Kind;
  readonly samples: () => Sample[];
}

const defaultBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export class MetricsRegistry implements Metrics {
  readonly #families = new Map<string, Family>();
  #registry: Registry | undefined;

  counter(options: MetricOptions): Counter {
    const series = this.#series(options, 'counter');
    return { add: (amount = 1, labels) => void (series.at(labels).value += amount) };
  }

  gauge(options: MetricOptions): Gauge {
    const series = this.#series(options, 'gauge');
    return {
      set: (value, labels) => void (series.at(labels).value = value),
      remove: (labels) => series.remove(labels),
    };
  }

  gaugeOf(options: MetricOptions, read: () => number | Iterable<readonly [Labels, number]>): void {
    this.#families.set(options.name, {
      ...options,
      kind: 'gauge',
      samples: () => {
        const now = read();
        if (typeof now === 'number') return [{ labels: {}, value: now }];
        return Array.from(now, ([labels, value]) => ({ labels, value }));
      },
    });
  }

  histogram(options: MetricOptions & { readonly buckets?: readonly number[] }): Histogram {
    const buckets = options.buckets ?? defaultBuckets;
    const series = new Series((labels): Distribution => {
      return { labels, counts: Array.from({ length: buckets.length }, () => 0), sum: 0, count: 0 };
    });
    this.#families.set(options.name, {
      name: options.name,
      help: options.help,
      kind: 'histogram',
      samples: () => series.all().flatMap((one) => histogramSamples(options.name, buckets, one)),
    });
    return {
      observe: (value, labels) => {
        const one = series.at(labels);
        one.sum += value;
        one.count += 1;
        const bucket = buckets.findIndex((limit) => value <= limit);
        if (bucket >= 0) one.counts[bucket] = (one.counts[bucket] ?? 0) + 1;
      },
    };
  }

  /** The current value of one series, for tests and the health checks; undefined when it was never touched. */
  value(name: string, labels: Labels = {}): number | undefined {
    const key = keyOf(labels);
    return this.#families
      .get(name)
      ?.samples()
      .find((sample) => keyOf(sample.labels) === key)?.value;
  }

  /** Everything in the Prometheus text format, with Node's own metrics. */
  async render(): Promise<{ contentType: string; body: string }> {
    const { default: prometheus } = await import('prom-client');
    this.#registry ??= new prometheus.Registry();
    if (this.#registry.getSingleMetric('process_cpu_seconds_total') === undefined) {
      prometheus.collectDefaultMetrics({ register: this.#registry });
    }
    for (const family of this.#families.values()) {
      if (this.#registry.getSingleMetric(family.name) !== undefined) continue;
      const get = (): Promise<unknown> =>
        Promise.resolve({
          name: family.name,
          help: family.help,
          type: family.kind,
          aggregator: 'sum',
          values: family.samples(),
        });
      // prom-client renders whatever has a name and a get(); its own classes would keep the numbers a second time.
      this.#registry.registerMetric({ name: family.name, get, reset: () => undefined } as never);
    }
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  #series(options: MetricOptions, kind: Kind): Series<Sample> {
    const series = new Series((labels): Sample => ({ labels, value: 0 }));
    this.#families.set(options.name, { name: options.name, help: options.help, kind, samples: () => series.all() });
    if (options.labels === undefined) series.at(undefined);
    return series;
  }
}

class Series<One> {
  readonly #make: (labels: Labels) => One;
  readonly #byKey = new Map<string, One>();
  /** Who counts per request keeps its labels and hands in the same object: no key has to be made of it again. */
  #known = new WeakMap<Labels, One>();

  constructor(make: (labels: Labels) => One) {
    this.#make = make;
  }

  at(labels: Labels | undefined): One {
    const known = labels && this.#known.get(labels);
    if (known !== undefined) return known;
    const key = labels === undefined ? '' : keyOf(labels);
    let one = this.#byKey.get(key);
    if (one === undefined) {
      one = this.#make(labels ?? {});
      this.#byKey.set(key, one);
    }
    if (labels !== undefined) this.#known.set(labels, one);
    return one;
  }

  remove(labels: Labels): void {
    this.#known = new WeakMap();
    this.#byKey.delete(keyOf(labels));
  }

  all(): One[] {
    return [...this.#byKey.values()];
  }
}

function keyOf(labels: Labels): string {
  let key = '';
  for (const name in labels) key += `${name}\u0000${labels[name]}\u0000`;
  return key;
}

function histogramSamples(name: string, buckets: readonly number[], one: Distribution): Sample[] {
  let cumulative = 0;
  const samples: Sample[] = buckets.map((limit, i) => {
    cumulative += one.counts[i] ?? 0;
    return { labels: { ...one.labels, le: String(limit) }, value: cumulative, metricName: `${name}_bucket` };
  });
  samples.push({ labels: { ...one.labels, le: '+Inf' }, value: one.count, metricName: `${name}_bucket` });
  samples.push({ labels: one.labels, value: one.sum, metricName: `${name}_sum` });
  samples.push({ labels: one.labels, value: one.count, metricName: `${name}_count` });
  return samples;
}
