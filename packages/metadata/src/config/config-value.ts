/**
 * Config texts to values and back, by Kafka's rules and with Kafka's messages.
 */
import type { ConfigDefinition, ConfigValue } from './config-definition.ts';

/** A value that its key does not allow. The message is fit for a response and a startup error. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly key: string;
  constructor(key: string, message: string) {
    super(message);
    this.key = key;
  }
}

/** Parses and validates; throws ConfigError. */
export declare function parseConfigValue(definition: ConfigDefinition, text: string): ConfigValue;
/** The text as DescribeConfigs shows it. */
export declare function formatConfigValue(definition: ConfigDefinition, value: ConfigValue): string | null;
/** The parsed default; throws ConfigError when the key has none. */
export declare function defaultValue(definition: ConfigDefinition): ConfigValue;
