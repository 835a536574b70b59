/**
 * The JSON files of Kafka's reassignment and election tools:
 *
 *   { "version": 1, "partitions": [{ "topic": "orders", "partition": 0, "replicas": [1, 2, 3] }] }
 *
 * The election tool's file has no replicas. Whatever else is in it is an error that names the place, for a move that
 * was misread cannot be taken back.
 */
import { readFileSync } from 'node:fs';

export interface PartitionEntry {
  readonly topic: string;
  readonly partition: number;
  readonly replicas: readonly number[];
}

const known = new Set(['topic', 'partition', 'replicas', 'log_dirs']);

/** Reads the file; with `replicas`, every entry must name some, each once. */
export function readPartitionsFile(path: string, { replicas }: { readonly replicas: boolean }): PartitionEntry[] {
  const content: unknown = parsed(path);
  if (!isObject(content) || !Array.isArray(content['partitions'])) throw new Error(`${path}: "partitions" is missing`);
  const version = content['version'] ?? 1;
  if (version !== 1) throw new Error(`${path}: version ${JSON.stringify(version)}; this tool knows version 1`);
  const entries = content['partitions'].map((entry: unknown, i) => {
    return entryOf(entry, { where: `${path}: partitions[${i}]`, replicas });
  });
  const names = entries.map(({ topic, partition }) => `${topic}-${partition}`);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`${path}: ${twice} stands there twice`);
  if (entries.length === 0) throw new Error(`${path}: no partitions`);
  return entries;
}

/** The entries by topic, as requests have them. */
export function byTopic(entries: readonly PartitionEntry[]): Map<string, PartitionEntry[]> {
  return Map.groupBy(entries, ({ topic }) => topic);
}

function parsed(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function entryOf(
  entry: unknown,
  { where, replicas }: { readonly where: string; readonly replicas: boolean },
): PartitionEntry {
  if (!isObject(entry)) throw new Error(`${where} is no object`);
  const { topic, partition, replicas: list = [], log_dirs: directories = [] } = entry;
  const strange = Object.keys(entry).find((key) => !known.has(key));
  if (strange !== undefined) throw new Error(`${where}: "${strange}" has no meaning here`);
  if (typeof topic !== 'string' || topic === '') throw new Error(`${where}: "topic" must be a name`);
  if (!isId(partition)) throw new Error(`${where}: "partition" must be a number from 0 on`);
  if (!Array.isArray(list) || !list.every(isId) || new Set(list).size !== list.length) {
    throw new Error(`${where}: "replicas" must be a list of broker ids, each once`);
  }
  if (replicas && list.length === 0) throw new Error(`${where}: "replicas" is missing`);
  if (!Array.isArray(directories) || directories.some((directory) => directory !== 'any')) {
    throw new Error(`${where}: the brokers choose the log directories; "log_dirs" may only say "any"`);
  }
  return { topic, partition, replicas: list };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0x7fff_ffff;
}
