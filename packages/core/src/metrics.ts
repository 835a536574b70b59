/**
 * Measurements as the rooms see them. The server gives an implementation over prom-client; tests count by themselves or
 * give `noMetrics`. Names are Kafka's in their Prometheus form (`kafka_server_brokertopicmetrics_bytesin_total`).
 * A metric is asked for once, at construction; labels come from a closed set, never from the wire without a bound.
 */
export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  add(amount?: number, labels?: Labels): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
  /** Forgets a labelled series whose subject is gone. */
  remove(labels: Labels): void;
}

export interface Histogram {
  /** Seconds, bytes or a count, as the name says. */
  observe(value: number, labels?: Labels): void;
}

export interface MetricOptions {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

export interface Metrics {
  counter(options: MetricOptions): Counter;
  gauge(options: MetricOptions): Gauge;
  /** A gauge that is read when somebody looks. */
  gaugeOf(options: MetricOptions, read: () => number | Iterable<readonly [Labels, number]>): void;
  histogram(options: MetricOptions & { readonly buckets?: readonly number[] }): Histogram;
}

const nothing = (): undefined => undefined;

export const noMetrics: Metrics = {
  counter: () => ({ add: nothing }),
  gauge: () => ({ set: nothing, remove: nothing }),
  gaugeOf: nothing,
  histogram: () => ({ observe: nothing }),
};
