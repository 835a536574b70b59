/** The gauges of Kafka's raft-metrics: who leads, in which epoch, and how far this node has come. */
import type { Metrics } from '@tidelog/core';
import type { RaftNodeState } from './raft-options.ts';

export function exposeRaftMetrics(metrics: Metrics | undefined, state: () => RaftNodeState): void {
  if (metrics === undefined) return;
  const gauge = (name: string, help: string, read: (now: RaftNodeState) => number): void =>
    metrics.gaugeOf({ name: `kafka_server_raftmetrics_${name}`, help }, () => read(state()));
  gauge('current_leader', 'Node id of the leader of the quorum, -1 while unknown', ({ leaderId }) => leaderId);
  gauge('current_epoch', 'Epoch of the quorum as this node knows it', ({ leaderEpoch }) => leaderEpoch);
  gauge('high_watermark', 'First offset of the metadata log that is not committed', (now) => now.highWatermark);
  gauge('log_end_offset', 'End of the metadata log of this node', ({ logEndOffset }) => logEndOffset);
  gauge('number_of_voters', 'Voters of the quorum as this node knows it', ({ voters }) => voters.length);
}
