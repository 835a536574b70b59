/**
 * Keys of client-metrics subscriptions (Kafka: ClientMetricsConfigs; KIP-714).
 *
 * They have no broker defaults.
 */
import { int, list } from './config-spec.ts';

export const clientMetricsSpecs = {
  'interval.ms': int(300_000, { doc: 'How often matching clients push their metrics.' }),
  match: list([], { doc: 'Which clients push, as attribute=pattern.' }),
  metrics: list([], { doc: 'Prefixes of the metrics that are pushed.' }),
};
