/**
 * The vocabulary of the configuration tables: `long(60_000, { min: 0, doc: '...' })` is a key's specification, typed by
 * its value. What a specification does not say: importance medium, read-only, supported, public, any value.
 */
import type {
  ConfigDefinition,
  ConfigSynonym,
  ConfigType,
  ConfigValidator,
  ConfigValue,
  Importance,
  UpdateMode,
} from './config-definition.ts';
import { formatValue } from './config-format.ts';

/** A definition without its name, which is the key in its table. The type parameter is that of its parsed value. */
export interface ConfigSpec<T extends ConfigValue = ConfigValue> extends Omit<ConfigDefinition, 'name'> {
  /** Never there: carries T. */
  readonly parsed?: T;
}

export interface SpecOptions {
  readonly doc: string;
  readonly min?: number;
  readonly max?: number;
  readonly or?: readonly number[];
  readonly oneOf?: readonly string[];
  readonly ignoreCase?: boolean;
  readonly nonEmpty?: boolean;
  readonly validator?: ConfigValidator;
  readonly importance?: Importance;
  readonly update?: UpdateMode;
  /** A key of Kafka without a meaning here. */
  readonly ignored?: boolean;
  readonly internal?: boolean;
  readonly synonyms?: readonly ConfigSynonym[];
}

/** Java's Long.MAX_VALUE: no limit. */
export const longMax = Number.MAX_SAFE_INTEGER;
export const intMax = 2_147_483_647;
export const doubleMax = Number.MAX_VALUE;

/** The default `undefined`: the key must be given. */
export const required = undefined;

type Parsed<T extends ConfigValue, D> = null extends D ? T | null : T;

function builder<T extends ConfigValue>(type: ConfigType) {
  return <const D extends T | null | undefined>(value: D, options: SpecOptions): ConfigSpec<Parsed<T, D>> => ({
    type,
    default: value === undefined ? undefined : formatValue(type, value),
    validator: validatorOf(options),
    importance: options.importance ?? 'medium',
    update: options.update ?? 'read-only',
    support: options.ignored === true ? 'ignored' : 'supported',
    internal: options.internal ?? false,
    sensitive: type === 'password',
    documentation: options.doc,
    synonyms: options.synonyms ?? [],
  });
}

export const boolean = builder<boolean>('boolean');
export const int = builder<number>('int');
export const short = builder<number>('short');
export const long = builder<number>('long');
export const double = builder<number>('double');
export const list = builder<readonly string[]>('list');
export const string = builder<string>('string');
export const password = builder<string>('password');
export const className = builder<string>('class');

export function synonym(name: string, factor = 1): ConfigSynonym {
  return { name, factor };
}

function validatorOf({ min, max, or, ...options }: SpecOptions): ConfigValidator | undefined {
  if (options.validator !== undefined) return options.validator;
  if (options.oneOf !== undefined) {
    return { kind: 'oneOf', values: options.oneOf, ignoreCase: options.ignoreCase ?? false };
  }
  if (options.nonEmpty === true) return { kind: 'nonEmpty' };
  if (min === undefined && max === undefined) return undefined;
  return {
    kind: 'range',
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(or === undefined ? {} : { or }),
  };
}
