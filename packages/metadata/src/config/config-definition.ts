/**
 * What a configuration key is: its type, default, allowed values, who may change it when, and what it means here.
 * The tables of keys (broker/*.ts, topic-configs.ts, ...) are made of these by the functions of config-spec.ts.
 */

export type ConfigType = 'boolean' | 'int' | 'short' | 'long' | 'double' | 'list' | 'string' | 'password' | 'class';

/** A parsed value. Longs beyond 2^53 are Number.MAX_SAFE_INTEGER, which also stands for Java's Long.MAX_VALUE. */
export type ConfigValue = boolean | number | string | readonly string[] | null;

export type Importance = 'high' | 'medium' | 'low';

/** When a broker key may change: at restart, per broker while it runs, or also as the default of the whole cluster. */
export type UpdateMode = 'read-only' | 'per-broker' | 'cluster-wide';

/** `supported`: does what it says. `ignored`: a key of Kafka without a meaning here; accepted, with a warning. */
export type Support = 'supported' | 'ignored';

/** A broker key that supplies the default of a topic or group key. */
export interface ConfigSynonym {
  readonly name: string;
  /** The broker's value times this is the value (hours to ms); negative ones mean "none" and become -1. */
  readonly factor: number;
}

export interface ConfigDefinition {
  readonly name: string;
  readonly type: ConfigType;
  /** As text; null is Kafka's null, undefined means that the key must be given. */
  readonly default: string | null | undefined;
  readonly validator: ConfigValidator | undefined;
  readonly importance: Importance;
  readonly update: UpdateMode;
  readonly support: Support;
  readonly internal: boolean;
  /** A password: redacted wherever it is shown. */
  readonly sensitive: boolean;
  readonly documentation: string;
  /** In order of priority. */
  readonly synonyms: readonly ConfigSynonym[];
}

export type ConfigValidator =
  /** `or`: values outside the range that are allowed too. */
  | { readonly kind: 'range'; readonly min?: number; readonly max?: number; readonly or?: readonly number[] }
  /** Of a list: each of its items. */
  | { readonly kind: 'oneOf'; readonly values: readonly string[]; readonly ignoreCase: boolean }
  | { readonly kind: 'nonEmpty' }
  /** `*`, or partition:broker,partition:broker... */
  | { readonly kind: 'throttledReplicas' }
  /** latest, earliest or by_duration:<ISO 8601 duration> */
  | { readonly kind: 'offsetReset' };
