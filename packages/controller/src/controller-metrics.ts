/**
 * What the controller publishes under Kafka's names. Gauges are read when somebody looks, off counts that are kept
 * anyway.
 */
import type { Counter, Metrics } from '@tidelog/core';
import type { ControllerState } from './core/controller-state.ts';

interface Source {
  readonly state: ControllerState;
  readonly isActive: () => boolean;
}

/** What only the shell sees. */
export interface ControllerCounters {
  readonly newActiveControllers: Counter;
  readonly timedOutBrokerHeartbeats: Counter;
}

export function publishMetrics(metrics: Metrics, { state, isActive }: Source): ControllerCounters {
  const gauge = (name: string, help: string, read: () => number): void =>
    metrics.gaugeOf({ name: `kafka_controller_kafkacontroller_${name}`, help }, read);
  const brokers = (fenced: boolean): number => {
    let count = 0;
    for (const broker of state.image.cluster.brokers.values()) if (broker.fenced === fenced) count++;
    return count;
  };
  gauge('activecontrollercount', 'Whether this node is the active controller', () => (isActive() ? 1 : 0));
  gauge('activebrokercount', 'Brokers that are registered and not fenced', () => brokers(false));
  gauge('fencedbrokercount', 'Brokers that are registered and fenced', () => brokers(true));
  gauge('globaltopiccount', 'Topics', () => state.image.topics.size);
  gauge('globalpartitioncount', 'Partitions', () => state.index.partitionCount);
  gauge('offlinepartitionscount', 'Partitions without a leader', () => state.index.leaderless.total);
  gauge('preferredreplicaimbalancecount', 'Partitions that another than their first replica leads', () => {
    return state.index.imbalanced.total;
  });
  gauge('lastappliedrecordoffset', 'The last committed offset that was replayed', () => state.committed.offset);
  const counter = (name: string, help: string): Counter =>
    metrics.counter({ name: `kafka_controller_kafkacontroller_${name}`, help });
  return {
    newActiveControllers: counter('newactivecontrollerscount', 'How often another node became the active controller'),
    timedOutBrokerHeartbeats: counter('timedoutbrokerheartbeatcount', 'Brokers that were fenced for their silence'),
  };
}
