/**
 * A broker's process introduces itself (BrokerRegistration). A new incarnation gets the offset of its record as its
 * broker epoch and starts fenced; the same incarnation asking again keeps what it has. When it did not stop cleanly
 * since its last epoch, it is neither in sync nor eligible anywhere any more (KIP-966).
 *
 * Refuses another cluster's broker, a second process with an id whose first is alive, directories that are not its
 * alone, and a build that does not support a finalized feature.
 */
import type { BrokerImage, Endpoint, MetadataRecord, RegisterBrokerRecord } from '@tidelog/metadata';
import { type BrokerRegistration, ErrorCode, type RequestOf } from '@tidelog/protocol';
import { refusal, type Decision, type DecisionContext, type Verdict } from '../decision.ts';
import { isReservedDirectory } from '../directories.ts';
import { hasDuplicates } from '../lists.ts';
import { planBrokerLeaving } from '../partition-changes.ts';
import { unsupportedFeature } from '../supported-features.ts';

export type BrokerRegistrationRequest = RequestOf<typeof BrokerRegistration>;

export interface BrokerRegistrationResult {
  readonly throttleTimeMs: number;
  readonly errorCode: ErrorCode;
  readonly brokerEpoch: number;
}

export function decideRegisterBroker(
  context: DecisionContext,
  request: BrokerRegistrationRequest,
  connectionId: number,
): Decision<BrokerRegistrationResult> & { readonly detail?: string } {
  const { brokerId, incarnationId } = request;
  const existing = context.image.cluster.broker(brokerId);
  const verdict = judge(context, request, existing);
  if (verdict !== undefined) {
    const response = { throttleTimeMs: 0, errorCode: verdict.errorCode, brokerEpoch: -1 };
    return { records: [], response, detail: verdict.errorMessage };
  }
  const records: MetadataRecord[] = [];
  const isSame = existing?.incarnationId === incarnationId;
  if (!isSame) {
    // Of a broker that was unregistered nobody knows what its disks held meanwhile.
    const unclean = existing === undefined || request.previousBrokerEpoch !== existing.epoch;
    records.push(...planBrokerLeaving(context, { brokerId, unclean }));
  }
  const brokerEpoch = isSame ? existing.epoch : context.nextOffset + records.length;
  records.push(registration(request, brokerEpoch, isSame ? existing : undefined));
  context.sessions.touch({ brokerId, brokerEpoch, metadataOffset: -1, connectionId }, context.now);
  return { records, response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, brokerEpoch }, divisible: true };
}

function judge(
  context: DecisionContext,
  request: BrokerRegistrationRequest,
  existing: BrokerImage | undefined,
): Verdict {
  if (request.clusterId !== context.clusterId) {
    const detail = `Expected cluster ID ${context.clusterId}, but got cluster ID ${request.clusterId}`;
    return refusal(ErrorCode.INCONSISTENT_CLUSTER_ID, detail);
  }
  if (
    existing !== undefined &&
    existing.incarnationId !== request.incarnationId &&
    context.sessions.isLive(existing.id, existing.epoch, context.now)
  ) {
    const detail =
      `Another process is registered with broker id ${existing.id} and was heard of within its session. ` +
      'If the broker was restarted just now, this ends when the old session does.';
    return refusal(ErrorCode.DUPLICATE_BROKER_REGISTRATION, detail);
  }
  return judgeDirectories(context, request) ?? judgeFeatures(context, request);
}

function judgeDirectories({ image }: DecisionContext, { brokerId, logDirs }: BrokerRegistrationRequest): Verdict {
  const invalid = (detail: string): Verdict => refusal(ErrorCode.INVALID_REGISTRATION, detail);
  if (logDirs.length === 0) return invalid('No directories specified in request');
  const reserved = logDirs.find(isReservedDirectory);
  if (reserved !== undefined) return invalid(`Reserved directory ID in request: ${reserved}`);
  if (hasDuplicates(logDirs)) return invalid('Duplicate directory IDs in request');
  for (const other of image.cluster.brokers.values()) {
    const taken = other.id === brokerId ? undefined : logDirs.find((id) => other.logDirs.includes(id));
    if (taken !== undefined) return invalid(`Broker ${other.id} is already registered with directory ${taken}`);
  }
  return undefined;
}

function judgeFeatures({ image }: DecisionContext, { brokerId, features }: BrokerRegistrationRequest): Verdict {
  const detail = unsupportedFeature(image.features, features);
  return detail === undefined
    ? undefined
    : refusal(ErrorCode.UNSUPPORTED_VERSION, `Unable to register broker ${brokerId}: ${detail}`);
}

function registration(
  request: BrokerRegistrationRequest,
  brokerEpoch: number,
  same: BrokerImage | undefined,
): RegisterBrokerRecord {
  return {
    type: 'registerBroker',
    brokerId: request.brokerId,
    incarnationId: request.incarnationId,
    brokerEpoch,
    endPoints: request.listeners.map(endpointOf),
    features: request.features.map(({ name, minSupportedVersion, maxSupportedVersion }) => ({
      name,
      minSupportedVersion,
      maxSupportedVersion,
    })),
    rack: request.rack,
    fenced: same?.fenced ?? true,
    inControlledShutdown: same?.inControlledShutdown ?? false,
    logDirs: request.logDirs,
    cordonedLogDirs: same?.cordonedLogDirs ?? [],
  };
}

/** A listener as a registration request names it. */
export function endpointOf({ name, host, port, securityProtocol }: Endpoint): Endpoint {
  return { name, host, port, securityProtocol };
}
