/** The other brokers as a partition may see them: a window on the newest metadata image. */
import { hasDirectory, type MetadataImage } from '@tidelog/metadata';
import type { BrokerView } from './core/partition-events.ts';

export function brokerViewOf(image: () => MetadataImage): BrokerView {
  return {
    isEligible: (id) => image().cluster.isActive(id),
    isAlive: (id) => image().cluster.broker(id)?.fenced === false,
    epochOf: (id) => image().cluster.brokerEpoch(id),
    rackOf: (id) => image().cluster.broker(id)?.rack ?? undefined,
  };
}

/**
 * As one partition sees them: a follower whose directory has failed (KIP-858) fetches no more, and having had
 * everything does not make it eligible.
 */
export function brokersOfPartition(
  brokers: BrokerView,
  { image, topicId, partition }: { image: () => MetadataImage; topicId: string; partition: number },
): BrokerView {
  const isEligible = (id: number): boolean => {
    const { cluster, topics } = image();
    const broker = cluster.broker(id);
    const placed = topics.partition(topicId, partition);
    return brokers.isEligible(id) && (broker === undefined || placed === undefined || hasDirectory(placed, broker));
  };
  return { ...brokers, isEligible };
}
