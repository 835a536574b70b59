/**
 * Kafka's BrokerTopicMetrics, by topic. The topic label is bounded: topics beyond the first `maxTopics` are counted
 * under the empty name, so that no client can grow the metrics by creating topics.
 */
import type { Counter, Labels, Metrics } from '@tidelog/core';

const maxTopics = 1000;

type CounterName = (typeof names)[number];

const names = [
  'messagesin',
  'bytesin',
  'bytesout',
  'bytesrejected',
  'failedproducerequests',
  'failedfetchrequests',
  'totalproducerequests',
  'totalfetchrequests',
  'replicationbytesin',
  'replicationbytesout',
] as const;

export class TopicMetrics {
  readonly #counters: Readonly<Record<CounterName, Counter>>;
  readonly #labels = new Map<string, Labels>();
  readonly #others: Labels = { topic: '' };

  constructor(metrics: Metrics) {
    const counters = names.map((name) => {
      const help = `Kafka's BrokerTopicMetrics ${name}.`;
      return [
        name,
        metrics.counter({ name: `kafka_server_brokertopicmetrics_${name}_total`, help, labels: ['topic'] }),
      ];
    });
    this.#counters = Object.fromEntries(counters) as Record<CounterName, Counter>;
  }

  add(name: CounterName, topic: string, amount = 1): void {
    this.#counters[name].add(amount, this.#labelsOf(topic));
  }

  #labelsOf(topic: string): Labels {
    const known = this.#labels.get(topic);
    if (known !== undefined) return known;
    if (this.#labels.size >= maxTopics) return this.#others;
    const labels = { topic };
    this.#labels.set(topic, labels);
    return labels;
  }
}
