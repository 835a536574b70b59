/**
 * Where settings come from, weakest first: `server.properties`, `KAFKA_*` variables, `--override key=value`.
 *
 * Environment variables follow the apache/kafka image, so that its compose files carry over: the prefix goes, then
 * `___` becomes `-`, `__` becomes `_`, `_` becomes `.`, all in lower case: KAFKA_NODE_ID is node.id.
 */
import { parse } from 'dot-properties';

export type Properties = ReadonlyMap<string, string>;

/** Variables that the Kafka image reads for its own purposes and that are no settings. */
const notSettings = new Set([
  'KAFKA_HEAP_OPTS',
  'KAFKA_OPTS',
  'KAFKA_JVM_PERFORMANCE_OPTS',
  'KAFKA_GC_LOG_OPTS',
  'KAFKA_LOG4J_OPTS',
  'KAFKA_LOG4J_LOGGERS',
  'KAFKA_LOG4J_ROOT_LOGLEVEL',
  'KAFKA_TOOLS_LOG4J_LOGLEVEL',
  'KAFKA_JMX_OPTS',
  'KAFKA_JMX_PORT',
  'KAFKA_JMX_HOSTNAME',
  'KAFKA_VERSION',
  'KAFKA_HOME',
  'KAFKA_DEBUG',
]);

export interface PropertySources {
  readonly file?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** `key=value` each. */
  readonly overrides?: readonly string[];
}

export function collectProperties({ file, environment = {}, overrides = [] }: PropertySources): Map<string, string> {
  const properties = new Map<string, string>();
  if (file !== undefined)
    for (const [key, value] of Object.entries(parse(file) as Record<string, string>)) properties.set(key, value);
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && name.startsWith('KAFKA_') && !notSettings.has(name)) {
      properties.set(keyOfVariable(name), value);
    }
  }
  for (const override of overrides) {
    const at = override.indexOf('=');
    if (at <= 0) throw new Error(`--override takes key=value, not "${override}"`);
    properties.set(override.slice(0, at).trim(), override.slice(at + 1).trim());
  }
  return properties;
}

export function keyOfVariable(name: string): string {
  return name
    .slice('KAFKA_'.length)
    .toLowerCase()
    .replace(/_{1,3}/g, (run) => (run.length === 3 ? '-' : run.length === 2 ? '_' : '.'));
}
