/** What the cleaner tells about itself, under the names that Kafka's MBeans have in Prometheus form. */
import type { Counter, Labels, Metrics } from '@tidelog/core';
import type { CleaningResult } from './log-cleaning.ts';

export interface CleanerFacts {
  /** By log directory: logs that are left alone because something in them is damaged. */
  uncleanable(): Iterable<readonly [Labels, number]>;
  /** Milliseconds since a look over all logs has ended. */
  sinceLastRunMs(): number;
}

export interface CleaningFigures {
  readonly result: CleaningResult;
  readonly tookMs: number;
}

const directoryLabel = ['logDirectory'];

export class CleanerMetrics {
  maxDirtyRatio = 0;
  maxOverdueMs = 0;
  readonly #bytesRead: Counter;
  readonly #bytesWritten: Counter;
  readonly #cleanings: Counter;
  #last: CleaningFigures | undefined;

  constructor(metrics: Metrics, facts: CleanerFacts) {
    const gauge = (name: string, help: string, read: () => number): void => metrics.gaugeOf({ name, help }, read);
    metrics.gaugeOf(
      {
        name: 'kafka_log_logcleanermanager_uncleanable_partitions_count',
        help: 'Compacted logs that are left alone because something in them is damaged',
        labels: directoryLabel,
      },
      () => facts.uncleanable(),
    );
    gauge(
      'kafka_log_logcleanermanager_max_dirty_percent',
      'The largest dirty part of a compacted log at the last look',
      () => Math.round(this.maxDirtyRatio * 100),
    );
    gauge('kafka_log_logcleanermanager_time_since_last_run_ms', 'Milliseconds since the last look over all logs', () =>
      Math.round(facts.sinceLastRunMs()),
    );
    gauge(
      'kafka_log_logcleaner_cleaner_recopy_percent',
      'What the last cleaning left of what it read, in percent',
      () => (this.#last === undefined ? 0 : recopyPercent(this.#last.result)),
    );
    gauge('kafka_log_logcleaner_max_clean_time_secs', 'Seconds that the last cleaning took', () =>
      this.#last === undefined ? 0 : this.#last.tookMs / 1000,
    );
    gauge(
      'kafka_log_logcleaner_max_buffer_utilization_percent',
      'How full the map of keys of the last cleaning became',
      () => Math.round((this.#last?.result.bufferUtilization ?? 0) * 100),
    );
    gauge(
      'kafka_log_logcleaner_max_compaction_delay_secs',
      'By how much a record had outlived max.compaction.lag.ms at the last look',
      () => this.maxOverdueMs / 1000,
    );
    this.#bytesRead = metrics.counter({
      name: 'kafka_log_logcleaner_bytes_read_total',
      help: 'Bytes read by cleanings',
    });
    this.#bytesWritten = metrics.counter({
      name: 'kafka_log_logcleaner_bytes_written_total',
      help: 'Bytes written by cleanings',
    });
    this.#cleanings = metrics.counter({
      name: 'kafka_log_logcleaner_cleanings_total',
      help: 'Cleanings that came to their end',
    });
  }

  onBytes({ bytesRead, bytesWritten }: { readonly bytesRead: number; readonly bytesWritten: number }): void {
    this.#bytesRead.add(bytesRead);
    this.#bytesWritten.add(bytesWritten);
  }

  onCleaned(figures: CleaningFigures): void {
    this.#last = figures;
    this.#cleanings.add(1);
  }
}

function recopyPercent({ bytesBefore, bytesAfter }: CleaningResult): number {
  return bytesBefore === 0 ? 0 : Math.round((bytesAfter / bytesBefore) * 100);
}
