/**
 * A broker says that it lives, how far it has read the metadata, and what it wants (BrokerHeartbeat).
 *
 *                    caught up, wants it               wants to stop, leads something
 *          FENCED ─────────────────────▶ UNFENCED ─────────────────────────────▶ CONTROLLED_SHUTDOWN
 *             │ ▲   wants it, or silent     │ │                                       │ leads nothing, and all
 *             │ └───────────────────────────┘ │ wants to stop, leads nothing          │ others have heard of it
 *             └──────── wants to stop ────────┴──────────────▶ SHUTDOWN_NOW ◀──────────┘
 *
 * SHUTDOWN_NOW is FENCED with leave to stop. A broker that stops is out of every ISR before it stops. A broker that was
 * fenced for its silence is caught up when it has read of that, not (as in Kafka) when it has read of its registration:
 * until then it may take itself for the leader of what others lead. One that is in thousands of ISRs leaves them in
 * parts, one with each heartbeat: a decision must not hold the loop for long.
 * Refuses an unknown broker and an epoch that is not its registration's.
 */
import type { BrokerImage, MetadataRecord } from '@tidelog/metadata';
import { type BrokerHeartbeat, ErrorCode, type RequestOf } from '@tidelog/protocol';
import type { Decision, DecisionContext } from '../decision.ts';
import { sameMembers } from '../lists.ts';
import { planBrokerJoining, planBrokerLeaving } from '../partition-changes.ts';
import { judgeBrokerEpoch } from '../broker-epoch.ts';
import { planDirectoriesOffline } from '../offline-directories.ts';
import { fenceBroker } from './fence-stale-brokers.ts';

export type BrokerHeartbeatRequest = RequestOf<typeof BrokerHeartbeat>;

export interface BrokerHeartbeatResult {
  readonly throttleTimeMs: number;
  readonly errorCode: ErrorCode;
  readonly isCaughtUp: boolean;
  readonly isFenced: boolean;
  readonly shouldShutDown: boolean;
}

export type BrokerState = 'FENCED' | 'UNFENCED' | 'CONTROLLED_SHUTDOWN' | 'SHUTDOWN_NOW';

/** Of partitions, for a broker that leaves. */
const changesAtOnce = 500;

export function decideBrokerHeartbeat(
  context: DecisionContext,
  request: BrokerHeartbeatRequest,
  connectionId: number,
): Decision<BrokerHeartbeatResult> & { readonly became?: BrokerState } {
  const { brokerId, brokerEpoch, currentMetadataOffset } = request;
  const verdict = judgeBrokerEpoch(context, { brokerId, brokerEpoch });
  const broker = context.image.cluster.broker(brokerId);
  if (verdict !== undefined || broker === undefined) {
    const errorCode = verdict?.errorCode ?? ErrorCode.BROKER_ID_NOT_REGISTERED;
    return { records: [], response: answer(errorCode, { isCaughtUp: false, isFenced: true, shouldShutDown: false }) };
  }
  const current = stateOf(broker);
  const leaving = request.wantShutDown ? planBrokerLeaving(context, { brokerId, most: changesAtOnce }) : [];
  const next = nextState(context, request, { broker, isFarFromGone: leaving.length === changesAtOnce });
  context.sessions.touch({ brokerId, brokerEpoch, metadataOffset: currentMetadataOffset, connectionId }, context.now);
  const isLeaving = next === 'CONTROLLED_SHUTDOWN' && leaving.length > 0;
  const records = [...transition(context, broker, next), ...(isLeaving ? leaving : []), ...cordon(broker, request)];
  if (isLeaving || (next === 'CONTROLLED_SHUTDOWN' && current !== next)) {
    // The others must have read of the new leaders before this broker stops answering.
    context.sessions.setControlledShutdownOffset(brokerId, context.nextOffset + records.length - 1);
  }
  if (next === 'SHUTDOWN_NOW') context.sessions.remove(brokerId);
  // A directory fails seldom, and never together with a change of state that matters more.
  if (records.length === 0) records.push(...planDirectoriesOffline(context, broker, request.offlineLogDirs));
  const response = answer(ErrorCode.NONE, {
    isCaughtUp: isCaughtUp(context, request, broker),
    isFenced: next === 'FENCED' || next === 'SHUTDOWN_NOW',
    shouldShutDown: next === 'SHUTDOWN_NOW',
  });
  return { records, response, divisible: true, ...(next === current ? {} : { became: next }) };
}

function answer(
  errorCode: ErrorCode,
  outcome: Pick<BrokerHeartbeatResult, 'isCaughtUp' | 'isFenced' | 'shouldShutDown'>,
): BrokerHeartbeatResult {
  return { throttleTimeMs: 0, errorCode, ...outcome };
}

export function stateOf(broker: BrokerImage): Exclude<BrokerState, 'SHUTDOWN_NOW'> {
  if (broker.fenced) return 'FENCED';
  return broker.inControlledShutdown ? 'CONTROLLED_SHUTDOWN' : 'UNFENCED';
}

interface Leaver {
  readonly broker: BrokerImage;
  /** There is more to leave than fits in the decision. */
  readonly isFarFromGone: boolean;
}

function nextState(
  context: DecisionContext,
  request: BrokerHeartbeatRequest,
  { broker, isFarFromGone }: Leaver,
): BrokerState {
  const { wantFence, wantShutDown } = request;
  const leads = context.index.leaderships(broker.id) > 0;
  switch (stateOf(broker)) {
    case 'FENCED':
      if (wantShutDown) return 'SHUTDOWN_NOW';
      return !wantFence && isCaughtUp(context, request, broker) ? 'UNFENCED' : 'FENCED';
    case 'UNFENCED':
      if (wantShutDown) return leads || isFarFromGone ? 'CONTROLLED_SHUTDOWN' : 'SHUTDOWN_NOW';
      return wantFence ? 'FENCED' : 'UNFENCED';
    default:
      if (leads || isFarFromGone) return 'CONTROLLED_SHUTDOWN';
      return othersHaveRead(context, broker.id) ? 'SHUTDOWN_NOW' : 'CONTROLLED_SHUTDOWN';
  }
}

function isCaughtUp(context: DecisionContext, request: BrokerHeartbeatRequest, broker: BrokerImage): boolean {
  const offset = request.currentMetadataOffset;
  // The broker epoch is the offset of its registration's record.
  return offset >= broker.epoch && context.sessions.isCaughtUp(broker.id, offset);
}

/** Whether every active broker has read of the shutdown: none sends clients to it any more. */
function othersHaveRead({ image, sessions }: DecisionContext, brokerId: number): boolean {
  const offset = sessions.controlledShutdownOffset(brokerId);
  for (const { id } of image.cluster.brokers.values()) {
    if (image.cluster.isActive(id) && sessions.metadataOffset(id) < offset) return false;
  }
  return true;
}

function transition(context: DecisionContext, broker: BrokerImage, next: BrokerState): MetadataRecord[] {
  const { id: brokerId, epoch: brokerEpoch } = broker;
  if (stateOf(broker) === next) return [];
  switch (next) {
    case 'UNFENCED':
      return [
        // It may have been fenced while it was shutting down, and thought better of it.
        { type: 'brokerRegistrationChange', brokerId, brokerEpoch, fenced: false, inControlledShutdown: false },
        ...planBrokerJoining(context, brokerId),
      ];
    case 'CONTROLLED_SHUTDOWN':
      return [{ type: 'brokerRegistrationChange', brokerId, brokerEpoch, inControlledShutdown: true }];
    default:
      return fenceBroker(context, broker);
  }
}

/** KIP-1066: directories that take no new replicas. */
function cordon(broker: BrokerImage, request: BrokerHeartbeatRequest): MetadataRecord[] {
  const cordonedLogDirs = request.cordonedLogDirs?.filter((id) => broker.logDirs.includes(id));
  if (cordonedLogDirs === undefined || sameMembers(cordonedLogDirs, broker.cordonedLogDirs)) return [];
  return [{ type: 'brokerRegistrationChange', brokerId: broker.id, brokerEpoch: broker.epoch, cordonedLogDirs }];
}
