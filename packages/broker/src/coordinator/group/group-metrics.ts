/** Kafka's GroupMetadataManager and group-coordinator metrics, read when somebody looks. */
import type { Labels, Metrics } from '@tidelog/core';
import type { GroupCore } from './core/group-core.ts';

export function exposeGroups(metrics: Metrics, cores: () => Iterable<GroupCore>): void {
  metrics.gaugeOf(
    { name: 'kafka_coordinator_group_groupmetadatamanager_numoffsets', help: 'Committed offsets that are kept.' },
    () => Array.from(cores()).reduce((sum, core) => sum + core.offsets.size, 0),
  );
  metrics.gaugeOf(
    { name: 'kafka_coordinator_group_groupmetadatamanager_numgroups', help: 'Groups that this broker coordinates.' },
    () => Array.from(cores()).reduce((sum, core) => sum + core.groups.size, 0),
  );
  metrics.gaugeOf(
    {
      name: 'kafka_server_group_coordinator_metrics_group_count',
      help: 'Groups by protocol and state.',
      labels: ['protocol', 'state'],
    },
    () => countByState(cores()),
  );
}

function countByState(cores: Iterable<GroupCore>): Iterable<readonly [Labels, number]> {
  const counts = new Map<string, number>();
  for (const core of cores) {
    for (const { kind, state } of core.groups.values()) {
      const key = `${kind}/${state}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return Array.from(counts, ([key, count]) => {
    const [protocol = '', state = ''] = key.split('/');
    return [{ protocol, state }, count] as const;
  });
}
