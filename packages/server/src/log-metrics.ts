/** What the log store counts by itself, for Prometheus: above all that consumers at the tail cause no file reads. */
import type { Metrics } from '@tidelog/core';
import type { LogStore } from '@tidelog/log';

export function exposeLogStore(metrics: Metrics, { stats }: LogStore): void {
  const counts = {
    tidelog_log_file_reads_total: ['Reads of segment files for fetches.', () => stats.fileReads],
    tidelog_log_file_read_bytes_total: ['Bytes read from segment files for fetches.', () => stats.bytesFromFiles],
    tidelog_log_memory_reads_total: ['Reads served from the tail in memory.', () => stats.memoryReads],
    tidelog_log_memory_read_bytes_total: ['Bytes served from the tail in memory.', () => stats.bytesFromMemory],
    tidelog_log_writes_total: ['Gathering writes to segment files.', () => stats.writes],
    tidelog_log_written_bytes_total: ['Bytes written to segment files.', () => stats.bytesWritten],
    tidelog_log_syncs_total: ['Syncs of segment files.', () => stats.syncs],
  } as const;
  for (const [name, [help, read]] of Object.entries(counts)) metrics.gaugeOf({ name, help }, read);
}
