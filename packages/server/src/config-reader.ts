/**
 * Settings as typed values: every key must be known (a mistyped one is an error that names the nearest), every value
 * valid; keys of Kafka's that mean nothing here are told as warnings.
 */
import {
  ConfigError,
  configDefinitions,
  defaultValue,
  nearestKey,
  parseConfigValue,
  type ConfigValue,
} from '@tidelog/metadata';
import type { Properties } from './properties.ts';

export class ConfigReader {
  readonly texts: Properties;
  readonly warnings: readonly string[];

  constructor(texts: Properties) {
    this.texts = texts;
    this.warnings = checkKeys(texts);
  }

  isSet(key: string): boolean {
    return this.texts.has(key);
  }

  number(key: string): number {
    const value = this.#value(key);
    if (typeof value !== 'number') throw new ConfigError(key, `${key} must be set to a number`);
    return value;
  }

  /** The first of several keys that is set and not null, times its factor; else the last one's default. */
  firstNumber(keys: readonly (readonly [key: string, factor: number])[]): number {
    for (const [key, factor] of keys) {
      const value = this.isSet(key) ? this.#value(key) : null;
      if (typeof value === 'number') return value * factor;
    }
    const [key, factor] = keys[keys.length - 1] ?? ['', 1];
    return this.number(key) * factor;
  }

  boolean(key: string): boolean {
    return this.#value(key) === true;
  }

  string(key: string): string {
    const value = this.#value(key);
    if (typeof value !== 'string') throw new ConfigError(key, `${key} must be set`);
    return value;
  }

  optionalString(key: string): string | undefined {
    const value = this.#value(key);
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  list(key: string): readonly string[] {
    const value = this.#value(key);
    return Array.isArray(value) ? (value as readonly string[]) : [];
  }

  #value(key: string): ConfigValue {
    const definition = configDefinitions.broker.get(key);
    if (definition === undefined) throw new ConfigError(key, `${key} is not a configuration key`);
    const text = this.texts.get(key);
    if (text !== undefined) return parseConfigValue(definition, text);
    if (definition.default === undefined) throw new ConfigError(key, `${key} must be set: ${definition.documentation}`);
    return defaultValue(definition);
  }
}

function checkKeys(texts: Properties): string[] {
  const warnings: string[] = [];
  for (const [key, text] of texts) {
    const definition = configDefinitions.broker.get(key);
    if (definition === undefined) {
      // Keys of a listener (`listener.name.<listener>.<key>`) are those of the key they end in.
      if (key.startsWith('listener.name.')) continue;
      const near = nearestKey(key, configDefinitions.broker.keys());
      throw new ConfigError(key, `Unknown configuration ${key}${near === undefined ? '' : `: did you mean ${near}?`}`);
    }
    parseConfigValue(definition, text);
    if (definition.support === 'ignored') warnings.push(`${key} is set, but has no meaning for Tidelog`);
  }
  return warnings;
}
