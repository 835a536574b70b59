/**
 * Config texts to values and back, by Kafka's rules and with Kafka's messages.
 */
import type { ConfigDefinition, ConfigValidator, ConfigValue } from './config-definition.ts';
import { formatValue } from './config-format.ts';

/** A value that its key does not allow, or a key that does not exist. The message is fit for a response. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly key: string;

  constructor(key: string, message: string) {
    super(message);
    this.key = key;
  }
}

/** Parses and validates; throws ConfigError. */
export function parseConfigValue(definition: ConfigDefinition, text: string): ConfigValue {
  const value = parseType(definition, text);
  const objection = objectionTo(definition, value);
  if (objection !== undefined) throw invalid(definition, text, objection);
  return value;
}

/** The text as DescribeConfigs shows it. */
export function formatConfigValue(definition: ConfigDefinition, value: ConfigValue): string | null {
  return formatValue(definition.type, value);
}

/** The parsed default; throws ConfigError when the key has none and must be given. */
export function defaultValue(definition: ConfigDefinition): ConfigValue {
  if (definition.default === undefined) {
    throw new ConfigError(
      definition.name,
      `Missing required configuration "${definition.name}" which has no default value.`,
    );
  }
  return definition.default === null ? null : parseType(definition, definition.default);
}

function invalid(definition: ConfigDefinition, text: string, why: string): ConfigError {
  const shown = definition.sensitive ? '[hidden]' : text;
  return new ConfigError(definition.name, `Invalid value ${shown} for configuration ${definition.name}: ${why}`);
}

const integers = {
  short: { min: -32_768, max: 32_767 },
  int: { min: -2_147_483_648, max: 2_147_483_647 },
} as const;

function parseType(definition: ConfigDefinition, text: string): ConfigValue {
  const trimmed = text.trim();
  switch (definition.type) {
    case 'boolean': {
      const lower = trimmed.toLowerCase();
      if (lower === 'true' || lower === 'false') return lower === 'true';
      throw invalid(definition, text, 'Expected value to be either true or false');
    }
    case 'short':
    case 'int': {
      const { min, max } = integers[definition.type];
      const value = Number(trimmed);
      if (/^[+-]?\d+$/.test(trimmed) && value >= min && value <= max) return value + 0;
      throw invalid(definition, text, `Not a number of type ${definition.type.toUpperCase()}`);
    }
    case 'long': {
      if (!/^[+-]?\d+$/.test(trimmed)) throw invalid(definition, text, 'Not a number of type LONG');
      return parseLong(definition, text, BigInt(trimmed.replace('+', '')));
    }
    case 'double': {
      const value = Number(trimmed);
      if (trimmed !== '' && !Number.isNaN(value)) return value;
      throw invalid(definition, text, 'Not a number of type DOUBLE');
    }
    case 'list':
      return trimmed === '' ? [] : trimmed.split(/\s*,\s*/);
    case 'class':
      return trimmed;
    case 'string':
    case 'password':
      return text;
    default:
      return definition.type satisfies never;
  }
}

/** Values between 2^53 and Long.MAX_VALUE all mean "no limit". */
function parseLong(definition: ConfigDefinition, text: string, value: bigint): number {
  if (value !== BigInt.asIntN(64, value)) throw invalid(definition, text, 'Not a number of type LONG');
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) return Number.MAX_SAFE_INTEGER;
  return Number(value < BigInt(Number.MIN_SAFE_INTEGER) ? BigInt(Number.MIN_SAFE_INTEGER) : value);
}

/** Why a value is not allowed, if it is not. */
function objectionTo({ name, validator }: ConfigDefinition, value: ConfigValue): string | undefined {
  if (Array.isArray(value)) {
    const items: readonly string[] = value;
    if (items.includes('')) return 'a list must not have empty items';
    if (new Set(items).size < items.length) return `Configuration '${name}' values must not be duplicated.`;
  }
  if (validator === undefined || value === null) return undefined;
  switch (validator.kind) {
    case 'range':
      return typeof value === 'number' ? outsideRange(validator, value) : undefined;
    case 'oneOf':
      return notOneOf(validator, value);
    case 'nonEmpty':
      return value === '' ? 'String must be non-empty' : undefined;
    case 'throttledReplicas':
      return areThrottledReplicas(value)
        ? undefined
        : `${name} must be the literal '*' or a list of replicas in the following format: ` +
            '[partitionId]:[brokerId],[partitionId]:[brokerId],...';
    case 'offsetReset':
      return typeof value === 'string' && /^(latest|earliest|by_duration:P(?!$)(\d+D)?(T(?=\d).*)?)$/i.test(value)
        ? undefined
        : 'String must be one of: latest, earliest, by_duration:PnDTnHnMn.nS';
    default:
      return validator satisfies never;
  }
}

function outsideRange(range: ConfigValidator & { kind: 'range' }, value: number): string | undefined {
  if (range.or?.includes(value) === true) return undefined;
  const or = range.or === undefined ? '' : ` or equal to ${range.or.join(', ')}`;
  if (range.min !== undefined && value < range.min) return `Value must be at least ${range.min}${or}`;
  if (range.max !== undefined && value > range.max) return `Value must be no more than ${range.max}${or}`;
  return undefined;
}

function notOneOf(allowed: ConfigValidator & { kind: 'oneOf' }, value: ConfigValue): string | undefined {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  const same = (item: string, value: string): boolean =>
    allowed.ignoreCase ? item.toLowerCase() === value.toLowerCase() : item === value;
  const known = (item: unknown): boolean =>
    typeof item === 'string' && allowed.values.some((value) => same(item, value));
  const all = allowed.values.join(', ');
  if (items.every(known)) return undefined;
  return allowed.ignoreCase ? `String must be one of (case insensitive): ${all}` : `String must be one of: ${all}`;
}

function areThrottledReplicas(value: ConfigValue): boolean {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (items.length === 1 && items[0] === '*') return true;
  return items.every((item) => typeof item === 'string' && /^\d+:\d+$/.test(item));
}
