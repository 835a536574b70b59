/**
 * A broker's effective configs as the cleaner of its logs takes them. Structurally part of the CleanerConfig of
 * packages/log, which may not be imported from here. `log.cleaner.enable` is not among them: it needs a restart.
 */
import { must } from '@tidelog/core';
import { brokerDefinition } from './config-tables.ts';
import type { EffectiveConfigs } from './effective-config.ts';
import { parsedOrDefault } from './log-config.ts';

export interface BrokerCleanerConfig {
  readonly backoffMs: number;
  readonly dedupeBufferBytes: number;
  readonly loadFactor: number;
  readonly ioBufferBytes: number;
  readonly ioMaxBytesPerSecond: number;
}

const ioBufferBytesMin = 64 * 1024;

/** From effectiveBrokerConfig. */
export function cleanerConfigOf(effective: EffectiveConfigs): BrokerCleanerConfig {
  const number = (name: string): number => {
    const definition = must(brokerDefinition(name));
    return Number(parsedOrDefault(definition, effective.get(name)?.value ?? definition.default ?? ''));
  };
  return {
    backoffMs: number('log.cleaner.backoff.ms'),
    dedupeBufferBytes: number('log.cleaner.dedupe.buffer.size'),
    loadFactor: number('log.cleaner.io.buffer.load.factor'),
    ioBufferBytes: Math.max(ioBufferBytesMin, number('log.cleaner.io.buffer.size')),
    ioMaxBytesPerSecond: number('log.cleaner.io.max.bytes.per.second'),
  };
}
