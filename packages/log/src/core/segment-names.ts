/** The names of files and directories as Kafka gives them. Pure text; nothing here touches a disk. */

export const suffixes = {
  log: '.log',
  index: '.index',
  timeIndex: '.timeindex',
  txnIndex: '.txnindex',
  snapshot: '.snapshot',
  deleted: '.deleted',
  cleaned: '.cleaned',
  swap: '.swap',
} as const;

/** Files of a log directory that belong to nobody's log. */
export const directoryFiles = {
  lock: '.lock',
  cleanShutdown: '.kafka_cleanshutdown',
  metaProperties: 'meta.properties',
  recoveryPoints: 'recovery-point-offset-checkpoint',
  highWatermarks: 'replication-offset-checkpoint',
  logStarts: 'log-start-offset-checkpoint',
  cleaner: 'cleaner-offset-checkpoint',
} as const;

export const epochFileName = 'leader-epoch-checkpoint';
export const partitionMetadataFileName = 'partition.metadata';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** `00000000000000012345`, which sorts as the number does. */
export function offsetName(offset: number): string {
  return String(offset).padStart(20, '0');
}

/** The offset that a file name begins with and the suffix that follows it; undefined for any other name. */
export function parseFileName(name: string): { readonly offset: number; readonly suffix: string } | undefined {
  const match = /^(\d{20})(\..+)$/.exec(name);
  if (match === null) return undefined;
  const offset = Number(match[1]);
  return Number.isSafeInteger(offset) ? { offset, suffix: match[2] ?? '' } : undefined;
}

export function partitionDirectoryName({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

/** Topic and partition of a directory's name; undefined for files of the log directory and renamed directories. */
export function parsePartitionDirectory(name: string): TopicPartition | undefined {
  const match = /^([a-zA-Z0-9._-]{1,249})-(\d{1,10})$/.exec(name);
  if (match === null || match[1] === undefined) return undefined;
  const partition = Number(match[2]);
  return partition <= 0x7fff_ffff && match[2] === String(partition) ? { topic: match[1], partition } : undefined;
}

/** What the directory of a deleted log is called until its files are gone; `unique` is 32 characters at most. */
export function deletedDirectoryName(log: TopicPartition, unique: string): string {
  return suffixed(log, `.${unique}-delete`);
}

/** What the directory of a log that the cluster does not place here is called until the operator removes it. */
export function strayDirectoryName(log: TopicPartition, unique: string): string {
  return suffixed(log, `.${unique}-stray`);
}

function suffixed(log: TopicPartition, suffix: string): string {
  return `${partitionDirectoryName(log).slice(0, 255 - suffix.length)}${suffix}`;
}

export function isDeletedDirectory(name: string): boolean {
  return /\.[0-9a-zA-Z_-]+-delete$/.test(name);
}

/** Whether a topic's name can be a directory's: Kafka's own rule, so that no name leads out of the log directory. */
export function isLegalTopic(topic: string): boolean {
  return /^[a-zA-Z0-9._-]{1,249}$/.test(topic) && topic !== '.' && topic !== '..';
}
