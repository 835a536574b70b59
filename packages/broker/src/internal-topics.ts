/** The topics that the cluster keeps for itself: clients read but do not write them. */
const internalTopics = new Set(['__consumer_offsets', '__transaction_state', '__share_group_state']);

export const metadataTopic = '__cluster_metadata';

export function isInternalTopic(topic: string): boolean {
  return internalTopics.has(topic);
}

/** The client id with which Kafka's own tools may write to them. */
export const adminClientId = '__admin_client';
