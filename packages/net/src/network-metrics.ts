/**
 * What the network counts, under Kafka's names (`kafka.network:type=RequestMetrics` and the socket server's). One set
 * per Metrics, however many listeners and dispatchers share it; labels are API names, versions and listener names.
 */
import type { Counter, Gauge, Histogram, Labels, Metrics, Millis } from '@tidelog/core';

const timeBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000];
const known = new WeakMap<Metrics, NetworkMetrics>();

export class NetworkMetrics {
  readonly requests: Counter;
  readonly requestBytes: Counter;
  readonly responseBytes: Counter;
  readonly totalTimeMs: Histogram;
  readonly localTimeMs: Histogram;
  readonly remoteTimeMs: Histogram;
  readonly expiredConnections: Counter;
  readonly refusedConnections: Counter;
  readonly #connectionCount: Gauge;
  readonly #connections = new Map<string, number>();

  private constructor(metrics: Metrics) {
    const prefix = 'kafka_network_requestmetrics';
    const byRequest = ['request'];
    const time = (name: string, help: string): Histogram =>
      metrics.histogram({ name: `${prefix}_${name}`, help, labels: byRequest, buckets: timeBuckets });
    this.requests = metrics.counter({
      name: `${prefix}_requests_total`,
      help: 'Requests answered.',
      labels: ['request', 'version'],
    });
    this.requestBytes = metrics.counter({
      name: `${prefix}_requestbytes_total`,
      help: 'Bytes of requests.',
      labels: byRequest,
    });
    this.responseBytes = metrics.counter({
      name: `${prefix}_responsebytes_total`,
      help: 'Bytes of responses.',
      labels: byRequest,
    });
    this.totalTimeMs = time('totaltimems', 'From the whole request received to its response handed to the socket.');
    this.localTimeMs = time('localtimems', 'In the handler, before it waits for anything.');
    this.remoteTimeMs = time('remotetimems', 'Waiting for replication, the disk, other brokers or data.');
    this.expiredConnections = metrics.counter({
      name: 'kafka_network_socketserver_expiredconnectionskilled_total',
      help: 'Connections closed because they were idle, or sent a frame too slowly.',
      labels: ['listener'],
    });
    this.refusedConnections = metrics.counter({
      name: 'kafka_network_acceptor_refusedconnections_total',
      help: 'Connections closed at once because a limit on connections was reached.',
      labels: ['listener'],
    });
    this.#connectionCount = metrics.gauge({
      name: 'kafka_server_socket_server_metrics_connection_count',
      help: 'Open connections.',
      labels: ['listener'],
    });
  }

  static of(metrics: Metrics): NetworkMetrics {
    let set = known.get(metrics);
    if (set === undefined) known.set(metrics, (set = new NetworkMetrics(metrics)));
    return set;
  }

  connectionsChanged(listener: string, by: 1 | -1): void {
    const count = (this.#connections.get(listener) ?? 0) + by;
    this.#connections.set(listener, count);
    this.#connectionCount.set(count, { listener });
  }
}

/** The measurements of one API; its labels are made once. */
export class ApiMeter {
  readonly #metrics: NetworkMetrics;
  readonly #labels: Labels;
  readonly #versionLabels: Labels[] = [];
  readonly #request: string;

  constructor(metrics: NetworkMetrics, request: string) {
    this.#metrics = metrics;
    this.#request = request;
    this.#labels = { request };
  }

  answered(call: {
    readonly version: number;
    readonly requestBytes: number;
    readonly responseBytes: number;
    readonly receivedAt: Millis;
    readonly startedAt: Millis;
    readonly returnedAt: Millis;
    readonly answeredAt: Millis;
  }): void {
    const metrics = this.#metrics;
    const labels = this.#labels;
    const { version, answeredAt } = call;
    metrics.requests.add(1, (this.#versionLabels[version] ??= { request: this.#request, version: String(version) }));
    metrics.requestBytes.add(call.requestBytes, labels);
    metrics.responseBytes.add(call.responseBytes, labels);
    metrics.totalTimeMs.observe(answeredAt - call.receivedAt, labels);
    metrics.localTimeMs.observe(call.returnedAt - call.startedAt, labels);
    if (answeredAt !== call.returnedAt) metrics.remoteTimeMs.observe(answeredAt - call.returnedAt, labels);
  }
}
