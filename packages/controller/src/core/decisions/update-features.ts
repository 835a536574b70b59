/**
 * UpdateFeatures (KIP-584): raises or lowers the cluster's levels of features, all of the request's or none.
 *
 * Refuses levels that this build, a registered broker or a registered controller does not support, a downgrade that was
 * not asked for as one, and levels that need another feature's.
 */
import type { FeaturesImage, MetadataRecord, SupportedFeature } from '@tidelog/metadata';
import { ErrorCode, type RequestOf, type UpdateFeatures } from '@tidelog/protocol';
import { refusal, type Decision, type DecisionContext, type Refusal, type Verdict } from '../decision.ts';
import { hasDuplicates } from '../lists.ts';
import { elrFeature } from '../topic-settings.ts';
import { planElrSafety } from './bootstrap.ts';

export type UpdateFeaturesRequest = RequestOf<typeof UpdateFeatures>;
type FeatureUpdate = UpdateFeaturesRequest['featureUpdates'][number];

export interface UpdateFeaturesResult {
  readonly throttleTimeMs: number;
  readonly errorCode: ErrorCode;
  readonly errorMessage: string | null;
  readonly results: { readonly feature: string; readonly errorCode: ErrorCode; readonly errorMessage: string | null }[];
}

const UpgradeType = { UPGRADE: 1, SAFE_DOWNGRADE: 2, UNSAFE_DOWNGRADE: 3 } as const;
const metadataVersion = 'metadata.version';
/** eligible.leader.replicas.version needs the records of 4.0-IV1. */
const elrMetadataVersion = 23;

export function decideUpdateFeatures(
  context: DecisionContext,
  request: UpdateFeaturesRequest,
  apiVersion: number,
): Decision<UpdateFeaturesResult> {
  const updates = request.featureUpdates;
  const verdict = judgeUpdates(context, updates, apiVersion);
  if (verdict !== undefined) return { records: [], response: { throttleTimeMs: 0, ...verdict, results: [] } };
  const records = request.validateOnly ? [] : updates.flatMap((update) => recordsOf(context, update));
  const results = updates.map(({ feature }) => ({ feature, errorCode: ErrorCode.NONE, errorMessage: null }));
  return { records, response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null, results } };
}

function judgeUpdates(context: DecisionContext, updates: readonly FeatureUpdate[], apiVersion: number): Verdict {
  if (hasDuplicates(updates.map(({ feature }) => feature))) {
    return refusal(ErrorCode.INVALID_REQUEST, 'A feature was named more than once.');
  }
  for (const update of updates) {
    const verdict = judgeUpdate(context, update, upgradeTypeOf(update, apiVersion));
    if (verdict === undefined) continue;
    const errorMessage = `No feature was changed, because of ${update.feature}: ${verdict.errorMessage}`;
    return { ...verdict, errorMessage };
  }
  const levels = new Map(context.image.features);
  for (const { feature, maxVersionLevel } of updates) levels.set(feature, maxVersionLevel);
  if ((levels.get(elrFeature) ?? 0) > 0 && (levels.get(metadataVersion) ?? 0) < elrMetadataVersion) {
    return invalid(`${elrFeature} needs ${metadataVersion} ${elrMetadataVersion} or higher.`);
  }
  return undefined;
}

function upgradeTypeOf({ upgradeType, allowDowngrade }: FeatureUpdate, apiVersion: number): number {
  if (apiVersion > 0) return upgradeType;
  return allowDowngrade ? UpgradeType.SAFE_DOWNGRADE : UpgradeType.UPGRADE;
}

function judgeUpdate({ image, config }: DecisionContext, update: FeatureUpdate, upgradeType: number): Verdict {
  const { feature, maxVersionLevel: level } = update;
  const { UPGRADE, SAFE_DOWNGRADE, UNSAFE_DOWNGRADE } = UpgradeType;
  if (upgradeType !== UPGRADE && upgradeType !== SAFE_DOWNGRADE && upgradeType !== UNSAFE_DOWNGRADE) {
    return refusal(ErrorCode.INVALID_REQUEST, `Unknown upgrade type ${upgradeType}.`);
  }
  const range = config.supportedFeatures.find(({ name }) => name === feature);
  if (range === undefined) return invalid('The controller does not support the given feature.');
  if (level < range.minSupportedVersion || level > range.maxSupportedVersion) {
    const { minSupportedVersion, maxSupportedVersion } = range;
    return invalid(`The controller supports levels ${minSupportedVersion} to ${maxSupportedVersion}, not ${level}.`);
  }
  const current = image.features.get(feature) ?? 0;
  if (level < current && upgradeType === UPGRADE) {
    return invalid(`Can't downgrade from ${current} to ${level} without asking for a downgrade.`);
  }
  if (level > current && upgradeType !== UPGRADE && current !== 0) {
    return invalid(`Can't upgrade from ${current} to ${level} when a downgrade was asked for.`);
  }
  if (level < current && feature === metadataVersion && upgradeType === UNSAFE_DOWNGRADE) {
    return invalid(`Unsafe ${metadataVersion} downgrades are not supported.`);
  }
  return judgeNodes(image.cluster, feature, level);
}

function judgeNodes(cluster: DecisionContext['image']['cluster'], feature: string, level: number): Verdict {
  const supports = (features: readonly SupportedFeature[]): boolean => {
    if (level === 0) return true;
    const range = features.find(({ name }) => name === feature);
    return range !== undefined && level >= range.minSupportedVersion && level <= range.maxSupportedVersion;
  };
  for (const { id, features } of cluster.brokers.values()) {
    if (!supports(features)) return invalid(`Broker ${id} does not support level ${level}.`);
  }
  for (const { id, features } of cluster.controllers.values()) {
    if (!supports(features)) return invalid(`Controller ${id} does not support level ${level}.`);
  }
  return undefined;
}

function invalid(detail: string): Refusal {
  return refusal(ErrorCode.INVALID_UPDATE_VERSION, detail);
}

function recordsOf(context: DecisionContext, { feature, maxVersionLevel }: FeatureUpdate): MetadataRecord[] {
  if (levelOf(context.image.features, feature) === maxVersionLevel) return [];
  const records: MetadataRecord[] = [{ type: 'featureLevel', name: feature, featureLevel: maxVersionLevel }];
  if (feature === elrFeature) {
    if (maxVersionLevel > 0) records.push(...planElrSafety(context));
    else records.push({ type: 'clearElr', topicName: '' });
  }
  return records;
}

function levelOf(features: FeaturesImage, feature: string): number {
  return features.get(feature) ?? 0;
}
