/**
 * Fences brokers that were silent for too long: they leave every ISR and lead nothing until they are heard of again.
 */
import type { BrokerImage, MetadataRecord } from '@tidelog/metadata';
import type { DecisionContext } from '../decision.ts';
import { planBrokerLeaving } from '../partition-changes.ts';

/** The records that fence one broker; none when it is fenced already. */
export function fenceBroker(context: DecisionContext, broker: BrokerImage): MetadataRecord[] {
  return broker.fenced ? [] : [...planBrokerLeaving(context, { brokerId: broker.id }), fencing(broker)];
}

export interface StaleBroker {
  readonly brokerId: number;
  readonly records: readonly MetadataRecord[];
  /** It has more partitions to leave: it is fenced by the last part, and its session stays expired until then. */
  readonly unfinished: boolean;
}

/** One decision must not hold the loop for long, however many partitions the broker leads. */
const recordsAtOnce = 500;

/**
 * The first unfenced broker whose session is over, with the next part of its records. Whatever happens between two
 * parts holds: each begins with the partitions as they are then, and only the last one, after which none is left,
 * fences. One broker at a time: what becomes of a partition when the next one goes depends on what became of it when
 * this one went.
 */
export function decideFenceStaleBroker(context: DecisionContext): StaleBroker | undefined {
  for (const brokerId of context.sessions.expired(context.now)) {
    const broker = context.image.cluster.broker(brokerId);
    if (broker === undefined || broker.fenced) {
      context.sessions.remove(brokerId);
      continue;
    }
    const leaving = planBrokerLeaving(context, { brokerId, most: recordsAtOnce });
    const unfinished = leaving.length === recordsAtOnce;
    const records = unfinished ? leaving : [...leaving, fencing(broker)];
    context.sessions.leadershipsTaken(brokerId, context.nextOffset + records.length - 1);
    if (!unfinished) context.sessions.remove(brokerId);
    return { brokerId, records, unfinished };
  }
  return undefined;
}

function fencing({ id, epoch }: BrokerImage): MetadataRecord {
  return { type: 'brokerRegistrationChange', brokerId: id, brokerEpoch: epoch, fenced: true };
}
