/**
 * All configuration keys by resource.
 */
import type { ConfigDefinition } from './config-definition.ts';

/** The keys of one kind of resource, by name. */
export type ConfigTable = ReadonlyMap<string, ConfigDefinition>;

export interface ConfigDefinitions {
  readonly topic: ConfigTable;
  readonly broker: ConfigTable;
  readonly group: ConfigTable;
  readonly clientMetrics: ConfigTable;
}

export declare const configDefinitions: ConfigDefinitions;

/** The known key closest to a mistyped one, if any is close. */
export declare function nearestKey(unknown: string, known: Iterable<string>): string | undefined;
