/**
 * AlterClientQuotas (KIP-546): limits by user, by client id, by both, or by IP address. Each entry changes whole.
 */
import { sortedEntity, type MetadataRecord, type QuotaEntity } from '@tidelog/metadata';
import { type AlterClientQuotas, ErrorCode, type RequestOf } from '@tidelog/protocol';
import { refusal, type Decision, type DecisionContext, type Refusal, type Verdict } from '../decision.ts';
import { hasDuplicates } from '../lists.ts';

export type AlterClientQuotasRequest = RequestOf<typeof AlterClientQuotas>;
type Entry = AlterClientQuotasRequest['entries'][number];

export interface AlterClientQuotasResult {
  readonly throttleTimeMs: number;
  readonly entries: {
    readonly errorCode: ErrorCode;
    readonly errorMessage: string | null;
    readonly entity: readonly QuotaEntity[];
  }[];
}

/** Which quotas an entity may have, and whether their values are whole numbers. */
const clientQuotas: ReadonlyMap<string, 'integer' | 'real'> = new Map([
  ['producer_byte_rate', 'integer'],
  ['consumer_byte_rate', 'integer'],
  ['request_percentage', 'real'],
  ['controller_mutation_rate', 'real'],
]);
const ipQuotas: ReadonlyMap<string, 'integer' | 'real'> = new Map([['connection_creation_rate', 'integer']]);

export function decideAlterClientQuotas(
  { image }: DecisionContext,
  request: AlterClientQuotasRequest,
): Decision<AlterClientQuotasResult> {
  const records: MetadataRecord[] = [];
  const entries = request.entries.map((entry): AlterClientQuotasResult['entries'][number] => {
    const entity = sortedEntity(entry.entity);
    const verdict = judge(entry);
    if (verdict !== undefined) return { ...verdict, entity: entry.entity };
    const current = image.clientQuotas.get(entity)?.values;
    for (const { key, value, remove } of request.validateOnly ? [] : entry.ops) {
      const isSame = remove ? current?.has(key) !== true : current?.get(key) === value;
      if (!isSame) records.push({ type: 'clientQuota', entity, key, value: remove ? 0 : value, remove });
    }
    return { errorCode: ErrorCode.NONE, errorMessage: null, entity: entry.entity };
  });
  return { records, response: { throttleTimeMs: 0, entries } };
}

function judge({ entity, ops }: Entry): Verdict {
  const quotas = quotasOf(entity);
  if ('errorCode' in quotas) return quotas;
  if (hasDuplicates(ops.map(({ key }) => key))) return invalid('A quota key was named more than once.');
  for (const { key, value, remove } of ops) {
    const kind = quotas.get(key);
    if (kind === undefined) return invalid(`Invalid configuration key ${key}`);
    if (remove) continue;
    if (!(value > 0)) return invalid(`Quota ${key} must be greater than 0`);
    if (kind === 'integer' && !Number.isInteger(Math.round(value * 1e6) / 1e6)) {
      return invalid(`Quota ${key} must be a whole number`);
    }
  }
  return undefined;
}

function quotasOf(entity: readonly QuotaEntity[]): ReadonlyMap<string, 'integer' | 'real'> | Refusal {
  if (entity.length === 0) return invalid('Invalid empty client quota entity');
  if (hasDuplicates(entity.map(({ entityType }) => entityType))) {
    return invalid('Invalid client quota entity: an entity type was named more than once');
  }
  for (const { entityType, entityName } of entity) {
    if (!['user', 'client-id', 'ip'].includes(entityType))
      return invalid(`Unhandled client quota entity type: ${entityType}`);
    if (entityName === '') return invalid(`Empty ${entityType} not supported`);
  }
  const ip = entity.find(({ entityType }) => entityType === 'ip');
  if (ip === undefined) return clientQuotas;
  if (entity.length > 1) return invalid('Invalid quota entity combination: ip goes with no other entity type');
  return ip.entityName === null || isAddress(ip.entityName) ? ipQuotas : invalid(`${ip.entityName} is not a valid IP`);
}

/** Textual IPv4 or IPv6. Names are not resolved: what they resolve to may change. */
function isAddress(text: string): boolean {
  const ipv4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (ipv4 !== null) return ipv4.slice(1).every((part) => Number(part) <= 255);
  return text.includes(':') && /^[0-9a-fA-F:.]{2,45}$/.test(text);
}

function invalid(detail: string): Refusal {
  return refusal(ErrorCode.INVALID_REQUEST, detail);
}
