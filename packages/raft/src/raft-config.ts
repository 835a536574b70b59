/**
 * What an operator can set about the quorum: `controller.quorum.*` and the snapshot and retention part of
 * `metadata.*`, in camel case and milliseconds. The defaults are Kafka's (QuorumConfig, MetadataLogConfig).
 *
 * `controller.quorum.append.linger.ms` has no counterpart here: appends are batched by turn of the loop, so waiting
 * would only add latency (25 ms to each step of a cold start) without making the batches any better under load.
 */
export interface RaftConfig {
  /** controller.quorum.election.timeout.ms */
  readonly electionTimeoutMs: number;
  /** controller.quorum.election.backoff.max.ms */
  readonly electionBackoffMaxMs: number;
  /** controller.quorum.fetch.timeout.ms */
  readonly fetchTimeoutMs: number;
  /** controller.quorum.request.timeout.ms */
  readonly requestTimeoutMs: number;
  /** controller.quorum.retry.backoff.ms */
  readonly retryBackoffMs: number;
  /** controller.quorum.fetch.max.bytes */
  readonly fetchMaxBytes: number;
  /** controller.quorum.fetch.snapshot.max.bytes */
  readonly fetchSnapshotMaxBytes: number;
  /** How long a leader may hold a Fetch that has nothing to bring. */
  readonly fetchMaxWaitMs: number;
  /** controller.quorum.auto.join.enable */
  readonly autoJoin: boolean;
  /** internal.metadata.max.batch.size.in.bytes */
  readonly maxBatchSizeInBytes: number;
  /** metadata.log.max.record.bytes.between.snapshots */
  readonly maxBytesBetweenSnapshots: number;
  /** metadata.log.max.snapshot.interval.ms; 0 for never */
  readonly maxSnapshotIntervalMs: number;
  /** metadata.max.retention.bytes; -1 for no limit */
  readonly retentionBytes: number;
  /** metadata.max.retention.ms; -1 for no limit */
  readonly retentionMs: number;
}

export const defaultRaftConfig: RaftConfig = {
  electionTimeoutMs: 1000,
  electionBackoffMaxMs: 1000,
  fetchTimeoutMs: 2000,
  requestTimeoutMs: 2000,
  retryBackoffMs: 20,
  fetchMaxBytes: 1_048_576,
  fetchSnapshotMaxBytes: 1_048_576,
  fetchMaxWaitMs: 500,
  autoJoin: false,
  maxBatchSizeInBytes: 8_388_608,
  maxBytesBetweenSnapshots: 20_971_520,
  maxSnapshotIntervalMs: 3_600_000,
  retentionBytes: 104_857_600,
  retentionMs: 604_800_000,
};
