/**
 * Keys of transactions and producer ids (Kafka: TransactionLogConfig, TransactionStateManagerConfig,
 * AddPartitionsToTxnConfig).
 *
 * Names and defaults are those of Kafka 4.3.
 */
import { boolean, int, short } from '../config-spec.ts';

export const transactionConfigs = {
  'producer.id.expiration.check.interval.ms': int(600_000, {
    min: 1,
    importance: 'low',
    internal: true,
    doc: 'How often expired producer ids are looked for.',
  }),
  'producer.id.expiration.ms': int(86_400_000, {
    min: 1,
    importance: 'low',
    update: 'cluster-wide',
    doc: 'A partition forgets a producer idle for this long.',
  }),
  'transaction.partition.verification.enable': boolean(true, {
    importance: 'low',
    update: 'cluster-wide',
    doc: 'Check that a partition was added to the transaction that writes to it.',
  }),
  'transaction.state.log.load.buffer.size': int(5_242_880, {
    min: 1,
    importance: 'high',
    doc: 'Bytes read at a time when transaction state is loaded.',
  }),
  'transaction.state.log.min.isr': int(2, {
    min: 1,
    importance: 'high',
    doc: 'min.insync.replicas of __transaction_state.',
  }),
  'transaction.state.log.num.partitions': int(50, {
    min: 1,
    importance: 'high',
    doc: 'Partitions of __transaction_state.',
  }),
  'transaction.state.log.replication.factor': short(3, {
    min: 1,
    importance: 'high',
    doc: 'Replicas of __transaction_state.',
  }),
  'transaction.state.log.segment.bytes': int(104_857_600, {
    min: 1,
    importance: 'high',
    doc: 'Segment size of __transaction_state.',
  }),
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': int(10_000, {
    min: 1,
    importance: 'low',
    doc: 'How often transactions that took too long are aborted.',
  }),
  'transaction.max.timeout.ms': int(900_000, {
    min: 1,
    importance: 'high',
    doc: 'The longest transaction timeout that a producer may ask for.',
  }),
  'transaction.remove.expired.transaction.cleanup.interval.ms': int(3_600_000, {
    min: 1,
    importance: 'low',
    doc: 'How often expired transactional ids are removed.',
  }),
  'transaction.two.phase.commit.enable': boolean(false, {
    importance: 'low',
    doc: 'Allow transactions that an outside coordinator ends.',
  }),
  'transactional.id.expiration.ms': int(604_800_000, {
    min: 1,
    importance: 'high',
    doc: 'A transactional id idle for this long is forgotten.',
  }),
  'add.partitions.to.txn.retry.backoff.max.ms': int(100, {
    min: 0,
    importance: 'high',
    doc: 'The longest pause before a partition is verified again.',
  }),
  'add.partitions.to.txn.retry.backoff.ms': int(20, {
    min: 1,
    importance: 'high',
    doc: 'Pause before a partition is verified again.',
  }),
};
