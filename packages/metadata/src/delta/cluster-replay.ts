/**
 * What registration records make of brokers and controllers. A change that names another broker epoch than the
 * registered one belongs to an incarnation that is gone, and is refused.
 */
import type { BrokerImage, ControllerImage } from '../image/cluster-image.ts';
import type {
  BrokerRegistrationChangeRecord,
  Endpoint,
  RegisterBrokerRecord,
  RegisterControllerRecord,
  UnregisterBrokerRecord,
} from '../metadata-record.ts';
import { ReplayError } from './replay-error.ts';

export function brokerOf(record: RegisterBrokerRecord): BrokerImage {
  return {
    id: record.brokerId,
    epoch: record.brokerEpoch,
    incarnationId: record.incarnationId,
    endpoints: byName(record.endPoints),
    features: record.features,
    rack: record.rack,
    fenced: record.fenced,
    inControlledShutdown: record.inControlledShutdown,
    logDirs: record.logDirs,
    cordonedLogDirs: record.cordonedLogDirs,
  };
}

export function controllerOf(record: RegisterControllerRecord): ControllerImage {
  return {
    id: record.controllerId,
    incarnationId: record.incarnationId,
    endpoints: byName(record.endPoints),
    features: record.features,
  };
}

export function changedBroker(before: BrokerImage, record: BrokerRegistrationChangeRecord): BrokerImage {
  return {
    ...before,
    fenced: record.fenced ?? before.fenced,
    inControlledShutdown: record.inControlledShutdown ?? before.inControlledShutdown,
    logDirs: record.logDirs ?? before.logDirs,
    cordonedLogDirs: record.cordonedLogDirs ?? before.cordonedLogDirs,
  };
}

/** The broker that the record is about. */
export function brokerInEpoch(
  broker: BrokerImage | undefined,
  record: BrokerRegistrationChangeRecord | UnregisterBrokerRecord,
): BrokerImage {
  if (broker === undefined) throw new ReplayError(`${record.type}: broker ${record.brokerId} is not registered`);
  if (broker.epoch !== record.brokerEpoch) {
    throw new ReplayError(
      `${record.type}: broker ${record.brokerId} is in epoch ${broker.epoch}, the record in ${record.brokerEpoch}`,
    );
  }
  return broker;
}

function byName(endpoints: readonly Endpoint[]): ReadonlyMap<string, Endpoint> {
  return new Map(endpoints.map((endpoint) => [endpoint.name, endpoint]));
}
