/**
 * Fences brokers that were silent for too long: they leave every ISR and lead nothing until they are heard of again.
 */
import type { BrokerImage, MetadataRecord } from '@tidelog/metadata';
import type { DecisionContext } from '../decision.ts';
import { planBrokerLeaving } from '../partition-changes.ts';

/** The records that fence one broker; none when it is fenced already. */
export function fenceBroker(context: DecisionContext, { id, epoch, fenced }: BrokerImage): MetadataRecord[] {
  if (fenced) return [];
  return [
    ...planBrokerLeaving(context, { brokerId: id }),
    { type: 'brokerRegistrationChange', brokerId: id, brokerEpoch: epoch, fenced: true },
  ];
}

/**
 * Forgets the sessions that are over and returns the first unfenced broker among them with its records. One at a time:
 * what becomes of a partition when the next broker goes depends on what became of it when this one went.
 */
export function decideFenceStaleBroker(
  context: DecisionContext,
): { readonly brokerId: number; readonly records: readonly MetadataRecord[] } | undefined {
  for (const brokerId of context.sessions.expired(context.now)) {
    context.sessions.remove(brokerId);
    const broker = context.image.cluster.broker(brokerId);
    if (broker !== undefined && !broker.fenced) return { brokerId, records: fenceBroker(context, broker) };
  }
  return undefined;
}
