/**
 * Keys of consumer, share and streams groups (Kafka: GroupCoordinatorConfig; KIP-848, KIP-932, KIP-1071).
 *
 * The min and max keys bound what a group may set for itself (group-configs.ts).
 */
import { int, intMax, list, string } from '../config-spec.ts';

export const modernGroupConfigs = {
  'group.consumer.assignment.interval.ms': int(1000, {
    min: 0,
    update: 'cluster-wide',
    doc: 'The least time between two assignments of a consumer group.',
  }),
  'group.consumer.assignors': list(['uniform', 'range'], {
    doc: 'Assignors of consumer groups, the default one first.',
  }),
  'group.consumer.heartbeat.interval.ms': int(5000, { min: 1, doc: 'Heartbeat interval of consumer group members.' }),
  'group.consumer.max.assignment.interval.ms': int(15_000, {
    min: 0,
    doc: 'The longest assignment interval that a group may set.',
  }),
  'group.consumer.max.heartbeat.interval.ms': int(15_000, {
    min: 1,
    doc: 'The longest heartbeat interval that a group may set.',
  }),
  'group.consumer.max.session.timeout.ms': int(60_000, {
    min: 1,
    doc: 'The longest session timeout that a group may set.',
  }),
  'group.consumer.max.size': int(intMax, { min: 1, doc: 'The most members of a consumer group.' }),
  'group.consumer.migration.policy': string('bidirectional', {
    oneOf: ['disabled', 'downgrade', 'upgrade', 'bidirectional'],
    ignoreCase: true,
    doc: 'Which conversions between classic and consumer groups are allowed.',
  }),
  'group.consumer.min.assignment.interval.ms': int(0, {
    min: 0,
    doc: 'The shortest assignment interval that a group may set.',
  }),
  'group.consumer.min.heartbeat.interval.ms': int(5000, {
    min: 1,
    doc: 'The shortest heartbeat interval that a group may set.',
  }),
  'group.consumer.min.session.timeout.ms': int(45_000, {
    min: 1,
    doc: 'The shortest session timeout that a group may set.',
  }),
  'group.consumer.regex.refresh.interval.ms': int(600_000, {
    min: 10_000,
    internal: true,
    doc: 'How often subscribed patterns are matched again.',
  }),
  'group.consumer.session.timeout.ms': int(45_000, {
    min: 1,
    doc: 'A consumer group member silent for this long is removed.',
  }),
  'group.share.assignment.interval.ms': int(1000, {
    min: 0,
    update: 'cluster-wide',
    doc: 'The least time between two assignments of a share group.',
  }),
  'group.share.assignors': list(['simple'], { doc: 'The assignor of share groups.' }),
  'group.share.heartbeat.interval.ms': int(5000, { min: 1, doc: 'Heartbeat interval of share group members.' }),
  'group.share.initialize.retry.interval.ms': int(30_000, {
    min: 1,
    importance: 'low',
    internal: true,
    doc: 'How often initialising a share partition is tried again.',
  }),
  'group.share.max.assignment.interval.ms': int(15_000, {
    min: 0,
    doc: 'The longest assignment interval that a share group may set.',
  }),
  'group.share.max.heartbeat.interval.ms': int(15_000, {
    min: 1,
    doc: 'The longest heartbeat interval that a share group may set.',
  }),
  'group.share.max.session.timeout.ms': int(60_000, {
    min: 1,
    doc: 'The longest session timeout that a share group may set.',
  }),
  'group.share.max.size': int(200, { min: 1, max: 1000, doc: 'The most members of a share group.' }),
  'group.share.min.assignment.interval.ms': int(0, {
    min: 0,
    doc: 'The shortest assignment interval that a share group may set.',
  }),
  'group.share.min.heartbeat.interval.ms': int(5000, {
    min: 1,
    doc: 'The shortest heartbeat interval that a share group may set.',
  }),
  'group.share.min.session.timeout.ms': int(45_000, {
    min: 1,
    doc: 'The shortest session timeout that a share group may set.',
  }),
  'group.share.session.timeout.ms': int(45_000, {
    min: 1,
    doc: 'A share group member silent for this long is removed.',
  }),
  'group.streams.assignment.interval.ms': int(1000, {
    min: 0,
    update: 'cluster-wide',
    doc: 'The least time between two assignments of a streams group.',
  }),
  'group.streams.heartbeat.interval.ms': int(5000, { min: 1, doc: 'Heartbeat interval of streams group members.' }),
  'group.streams.initial.rebalance.delay.ms': int(3000, {
    min: 0,
    doc: 'How long the first assignment of a streams group waits for more members.',
  }),
  'group.streams.max.assignment.interval.ms': int(15_000, {
    min: 0,
    doc: 'The longest assignment interval that a streams group may set.',
  }),
  'group.streams.max.heartbeat.interval.ms': int(15_000, {
    min: 1,
    doc: 'The longest heartbeat interval that a streams group may set.',
  }),
  'group.streams.max.session.timeout.ms': int(60_000, {
    min: 1,
    doc: 'The longest session timeout that a streams group may set.',
  }),
  'group.streams.max.size': int(intMax, { min: 1, doc: 'The most members of a streams group.' }),
  'group.streams.max.standby.replicas': int(2, {
    min: 0,
    doc: 'The most standby replicas that a streams group may set.',
  }),
  'group.streams.min.assignment.interval.ms': int(0, {
    min: 0,
    doc: 'The shortest assignment interval that a streams group may set.',
  }),
  'group.streams.min.heartbeat.interval.ms': int(5000, {
    min: 1,
    doc: 'The shortest heartbeat interval that a streams group may set.',
  }),
  'group.streams.min.session.timeout.ms': int(45_000, {
    min: 1,
    doc: 'The shortest session timeout that a streams group may set.',
  }),
  'group.streams.num.standby.replicas': int(0, { min: 0, doc: 'Standby replicas of each task.' }),
  'group.streams.session.timeout.ms': int(45_000, {
    min: 1,
    doc: 'A streams group member silent for this long is removed.',
  }),
};
