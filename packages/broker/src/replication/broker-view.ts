/** The other brokers as a partition may see them: a window on the newest metadata image. */
import type { MetadataImage } from '@tidelog/metadata';
import type { BrokerView } from './core/partition-events.ts';

export function brokerViewOf(image: () => MetadataImage): BrokerView {
  return {
    isEligible: (id) => image().cluster.isActive(id),
    isAlive: (id) => image().cluster.broker(id)?.fenced === false,
    epochOf: (id) => image().cluster.brokerEpoch(id),
    rackOf: (id) => image().cluster.broker(id)?.rack ?? undefined,
  };
}
