/**
 * Keys of groups (Kafka: GroupConfig), each with the broker key that supplies its default.
 *
 * A value must lie within the min and max keys of the broker: config-validation.ts.
 */
import { boolean, int, string, synonym } from './config-spec.ts';

export const groupSpecs = {
  'consumer.assignment.interval.ms': int(1000, {
    min: 0,
    synonyms: [synonym('group.consumer.assignment.interval.ms')],
    doc: 'The least time between two assignments.',
  }),
  'consumer.heartbeat.interval.ms': int(5000, {
    min: 1,
    synonyms: [synonym('group.consumer.heartbeat.interval.ms')],
    doc: 'Heartbeat interval of the members.',
  }),
  'consumer.session.timeout.ms': int(45_000, {
    min: 1,
    synonyms: [synonym('group.consumer.session.timeout.ms')],
    doc: 'A member silent for this long is removed.',
  }),
  'share.assignment.interval.ms': int(1000, {
    min: 0,
    synonyms: [synonym('group.share.assignment.interval.ms')],
    doc: 'The least time between two assignments.',
  }),
  'share.auto.offset.reset': string('latest', {
    validator: { kind: 'offsetReset' },
    doc: 'Where a share group begins to read.',
  }),
  'share.delivery.count.limit': int(5, {
    min: 2,
    synonyms: [synonym('group.share.delivery.count.limit')],
    doc: 'How often a record is delivered at most.',
  }),
  'share.heartbeat.interval.ms': int(5000, {
    min: 1,
    synonyms: [synonym('group.share.heartbeat.interval.ms')],
    doc: 'Heartbeat interval of the members.',
  }),
  'share.isolation.level': string('read_uncommitted', {
    oneOf: ['read_committed', 'read_uncommitted'],
    doc: 'Whether records of open or aborted transactions are delivered.',
  }),
  'share.partition.max.record.locks': int(2000, {
    min: 100,
    synonyms: [synonym('group.share.partition.max.record.locks')],
    doc: 'Records of a partition that may be in flight.',
  }),
  'share.record.lock.duration.ms': int(30_000, {
    min: 1000,
    synonyms: [synonym('group.share.record.lock.duration.ms')],
    doc: 'How long a record is locked for the consumer that got it.',
  }),
  'share.renew.acknowledge.enable': boolean(true, { doc: 'Whether a consumer may extend its lock.' }),
  'share.session.timeout.ms': int(45_000, {
    min: 1,
    synonyms: [synonym('group.share.session.timeout.ms')],
    doc: 'A member silent for this long is removed.',
  }),
  'streams.assignment.interval.ms': int(1000, {
    min: 0,
    synonyms: [synonym('group.streams.assignment.interval.ms')],
    doc: 'The least time between two assignments.',
  }),
  'streams.heartbeat.interval.ms': int(5000, {
    min: 1,
    synonyms: [synonym('group.streams.heartbeat.interval.ms')],
    doc: 'Heartbeat interval of the members.',
  }),
  'streams.initial.rebalance.delay.ms': int(3000, {
    min: 0,
    synonyms: [synonym('group.streams.initial.rebalance.delay.ms')],
    doc: 'How long the first assignment waits for more members.',
  }),
  'streams.num.standby.replicas': int(0, {
    min: 0,
    synonyms: [synonym('group.streams.num.standby.replicas')],
    doc: 'Standby replicas of each task.',
  }),
  'streams.session.timeout.ms': int(45_000, {
    min: 1,
    synonyms: [synonym('group.streams.session.timeout.ms')],
    doc: 'A member silent for this long is removed.',
  }),
};
