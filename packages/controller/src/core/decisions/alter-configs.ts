/**
 * IncrementalAlterConfigs (KIP-339) and the legacy AlterConfigs, which replaces all configs of a resource. Each
 * resource changes whole or not at all.
 */
import { ConfigResourceType, type MetadataRecord } from '@tidelog/metadata';
import { type AlterConfigs, ErrorCode, type IncrementalAlterConfigs, type RequestOf } from '@tidelog/protocol';
import { ConfigOperation, planConfigChanges, type ConfigChange, type ConfigResource } from '../config-changes.ts';
import { refusal, type Decision, type DecisionContext, type Refusal } from '../decision.ts';
import { duplicatesOf } from '../lists.ts';
import { planMinInSyncReplicas } from '../min-in-sync-change.ts';
import { minInSyncReplicasKey } from '../topic-settings.ts';

export interface AlterConfigsResult {
  readonly throttleTimeMs: number;
  readonly responses: (ConfigResource & { readonly errorCode: ErrorCode; readonly errorMessage: string | null })[];
}

interface ResourceChanges extends ConfigResource {
  readonly configs: readonly ConfigChange[];
}

interface AlterOptions {
  readonly replace: boolean;
  readonly validateOnly: boolean;
}

export function decideIncrementalAlterConfigs(
  context: DecisionContext,
  { resources, validateOnly }: RequestOf<typeof IncrementalAlterConfigs>,
): Decision<AlterConfigsResult> {
  return decide(context, resources, { replace: false, validateOnly });
}

export function decideAlterConfigs(
  context: DecisionContext,
  { resources, validateOnly }: RequestOf<typeof AlterConfigs>,
): Decision<AlterConfigsResult> {
  const changes = resources.map(({ resourceType, resourceName, configs }) => ({
    resourceType,
    resourceName,
    configs: configs.map(({ name, value }) => ({ name, value, configOperation: ConfigOperation.SET })),
  }));
  return decide(context, changes, { replace: true, validateOnly });
}

/** The answer when nothing could be decided. */
export function refusedResources(resources: readonly ConfigResource[], why: Refusal): AlterConfigsResult {
  const responses = resources.map(({ resourceType, resourceName }) => ({ resourceType, resourceName, ...why }));
  return { throttleTimeMs: 0, responses };
}

function decide(
  context: DecisionContext,
  resources: readonly ResourceChanges[],
  { replace, validateOnly }: AlterOptions,
): Decision<AlterConfigsResult> {
  const keyOf = ({ resourceType, resourceName }: ConfigResource): string => `${resourceType}:${resourceName}`;
  const duplicates = duplicatesOf(resources.map(keyOf));
  const records: MetadataRecord[] = [];
  const responses = resources.map((resource): AlterConfigsResult['responses'][number] => {
    const { resourceType, resourceName, configs } = resource;
    const planned = duplicates.has(keyOf(resource))
      ? refusal(ErrorCode.INVALID_REQUEST, 'Each resource must appear at most once.')
      : planConfigChanges(context, resource, configs, { replace });
    if ('errorCode' in planned) return { resourceType, resourceName, ...planned };
    if (!validateOnly) records.push(...planned);
    return { resourceType, resourceName, errorCode: ErrorCode.NONE, errorMessage: null };
  });
  records.push(...consequences(context, records));
  return { records, response: { throttleTimeMs: 0, responses } };
}

/** A smaller min.insync.replicas may make an ISR large enough: then nobody outside it is eligible any more. */
function consequences(context: DecisionContext, changes: readonly MetadataRecord[]): readonly MetadataRecord[] {
  const { TOPIC, BROKER } = ConfigResourceType;
  const topics = new Map<string, string | null>();
  let clusterDefault: { readonly value: string | null } | undefined;
  for (const change of changes) {
    if (change.type !== 'config' || change.name !== minInSyncReplicasKey) continue;
    if (change.resourceType === TOPIC) topics.set(change.resourceName, change.value);
    if (change.resourceType === BROKER && change.resourceName === '') clusterDefault = change;
  }
  if (topics.size === 0 && clusterDefault === undefined) return [];
  return planMinInSyncReplicas(context, { topics, ...(clusterDefault === undefined ? {} : { clusterDefault }) });
}
