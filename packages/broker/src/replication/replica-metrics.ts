/** Kafka's ReplicaManager gauges, read when somebody looks. */
import type { Metrics } from '@tidelog/core';
import type { Replica } from './replica.ts';

export function exposeReplicas(metrics: Metrics, replicas: Iterable<Replica> & { readonly size: number }): void {
  const count = (matches: (replica: Replica) => boolean): number => {
    let n = 0;
    for (const replica of replicas) if (matches(replica)) n++;
    return n;
  };
  const gauges: readonly (readonly [name: string, help: string, read: () => number])[] = [
    ['partitioncount', 'Replicas on this broker.', () => replicas.size],
    ['leadercount', 'Partitions that this broker leads.', () => count((replica) => replica.role === 'leader')],
    ['offlinereplicacount', 'Replicas whose log cannot be used.', () => count((replica) => replica.log === undefined)],
    ['underreplicatedpartitions', 'Led partitions with replicas out of the ISR.', () => count(isUnderReplicated)],
    ['underminisrpartitioncount', 'Led partitions whose ISR is below min.insync.replicas.', () => count(isUnderMinIsr)],
    ['atminisrpartitioncount', 'Led partitions whose ISR is exactly min.insync.replicas.', () => count(isAtMinIsr)],
  ];
  for (const [name, help, read] of gauges) metrics.gaugeOf({ name: `kafka_server_replicamanager_${name}`, help }, read);
}

function isUnderReplicated({ core }: Replica): boolean {
  return core.leader !== undefined && core.leader.inSync.committed.length <= core.leader.followers.size;
}

function isUnderMinIsr({ core }: Replica): boolean {
  return core.leader !== undefined && !core.leader.hasEnoughReplicas;
}

function isAtMinIsr({ core }: Replica): boolean {
  const { leader } = core;
  return leader !== undefined && leader.inSync.committed.length === leader.effectiveMinInsyncReplicas;
}
