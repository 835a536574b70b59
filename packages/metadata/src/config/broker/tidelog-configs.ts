/**
 * Keys of brokers that are Tidelog's own: Kafka has none for these.
 *
 * log.flush.before.ack is the default of the topic key flush.before.ack.
 */
import { boolean, list, string } from '../config-spec.ts';

export const tidelogConfigs = {
  'http.listeners': list(['http://0.0.0.0:8080'], {
    doc: 'Where metrics, health and the console are served; empty switches HTTP off.',
  }),
  'log.flush.before.ack': boolean(false, {
    importance: 'high',
    update: 'cluster-wide',
    doc: 'Acknowledge a record only when it is on stable storage, not just in page caches.',
  }),
  'log.level': string('info', {
    oneOf: ['debug', 'info', 'warn', 'error'],
    importance: 'low',
    doc: 'The least severe lines that the process logs.',
  }),
  'storage.format.on.start': boolean(true, {
    doc: 'Format log directories that are empty at the first start.',
  }),
  'storage.cluster.id': string(null, {
    doc: 'The cluster id to format with; without it, one is made up.',
  }),
};
