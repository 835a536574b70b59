/**
 * The logs under this broker's replicas: opens the one of a placed partition where the controller wants it, deletes,
 * and sets aside what the cluster does not place here. It never makes a new log where the old one may only be
 * out of reach: an empty log that takes part in elections is how committed records are lost.
 *
 *   directory offline, or not even readable  ─▶ no log; the replica stays offline
 *   no room for a new log                    ─▶ no log yet; tried again until there is
 *   this log alone damaged, others in sync   ─▶ set aside, fetched again from the leader
 *   this log alone damaged, no other in sync ─▶ no log; the controller hears that the replica is lost (KIP-858)
 */
import { DiskError, zeroUuid, type Logger } from '@tidelog/core';
import { LogOfflineError, type LogStore, type PartitionLog } from '@tidelog/log';
import { DirectoryId, type MetadataImage, type PartitionImage } from '@tidelog/metadata';
import type { DirectoryAssignments } from './directory-assignments.ts';
import type { TopicSettings } from './replicas-types.ts';

export interface PlacedPartition {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly image: PartitionImage;
  readonly settings: TopicSettings;
}

export interface ReplicaLogsDeps {
  readonly store: LogStore;
  readonly logger: Logger;
  readonly nodeId: number;
  readonly assignments: DirectoryAssignments;
}

/** What there is for a replica: undefined while it has to do without, 'noRoom' when another attempt may succeed. */
export type OpenedLog = PartitionLog | 'noRoom' | undefined;

const reserved: ReadonlySet<string> = new Set(Object.values(DirectoryId));
const howToRemove = 'its files are kept: look at them, then delete the directory by hand';

export class ReplicaLogs {
  readonly #deps: ReplicaLogsDeps;
  readonly #known = new Set<string>();
  readonly #offline = new Set<string>();
  /** A configured directory could not be read: nobody knows its id, nor what is in it. */
  readonly #hasUnreadable: boolean;

  constructor(deps: ReplicaLogsDeps) {
    this.#deps = deps;
    const directories = deps.store.directories();
    this.#hasUnreadable = directories.some(({ directoryId }) => directoryId === zeroUuid);
    for (const { directoryId, offline } of directories) {
      if (directoryId === zeroUuid) continue;
      this.#known.add(directoryId);
      if (offline) this.#offline.add(directoryId);
    }
  }

  onDirectoryOffline(directoryId: string): void {
    this.#offline.add(directoryId);
  }

  /** The log on disk, or a new one in the directory the controller chose. */
  open(placed: PlacedPartition): OpenedLog {
    const { topic, topicId, partition, image, settings } = placed;
    const { logger, assignments } = this.#deps;
    const assigned = this.#assignedTo(image);
    this.#choose(placed, assigned);
    try {
      const log = this.#usableLog(placed) ?? this.#create(placed, assigned);
      if (log === undefined) return undefined;
      log.reconfigure(settings.log);
      const isLost = this.reportIfLost(placed);
      if (!isLost && log.directoryId !== assigned) {
        assignments.report({ topicId, partition, directoryId: log.directoryId });
      }
      return log;
    } catch (cause) {
      const fields = { topic, partition, cause: String(cause) };
      if (isLackOfRoom(cause)) {
        logger.debug(fields, 'there is no room for the log of a partition');
        return 'noRoom';
      }
      logger.error(fields, 'the log of a partition cannot be opened; it stays offline');
      return undefined;
    }
  }

  /** Tells the controller when a log cannot be used although its directory can: another replica has to lead. */
  reportIfLost({ topic, topicId, partition }: Pick<PlacedPartition, 'topic' | 'topicId' | 'partition'>): boolean {
    const log = this.#deps.store.get(topic, partition);
    if (log?.offline === undefined || this.#offline.has(log.directoryId)) return false;
    this.#deps.assignments.report({ topicId, partition, directoryId: DirectoryId.LOST });
    return true;
  }

  delete(topic: string, partition: number): void {
    this.#deps.store.delete(topic, partition).catch((cause: unknown) => {
      const fields = { topic, partition, cause: String(cause) };
      this.#deps.logger.error(fields, 'the log of a partition could not be deleted');
    });
  }

  /** Logs of topics that were deleted, or moved away, while this broker was down. Kept, as Kafka does. */
  setStraysAside(image: MetadataImage): void {
    const { store, nodeId } = this.#deps;
    for (const log of Array.from(store.logs())) {
      const placed = image.topics.partition(log.topicId, log.partition);
      if (placed?.replicas.includes(nodeId) === true || log.topic === '__cluster_metadata') continue;
      this.#setAside(log, 'the cluster does not place this log here');
    }
  }

  #assignedTo(image: PartitionImage): string {
    return image.directories[image.replicas.indexOf(this.#deps.nodeId)] ?? DirectoryId.UNASSIGNED;
  }

  #usableLog({ topic, topicId, partition, image }: PlacedPartition): PartitionLog | undefined {
    const log = this.#deps.store.get(topic, partition);
    if (log === undefined) return undefined;
    if (log.topicId !== topicId) return this.#setAside(log, `the topic of this name has the id ${topicId}`);
    const isDamaged = log.offline !== undefined && !this.#offline.has(log.directoryId);
    const othersHaveAll = image.isr.length > 0 && !image.isr.includes(this.#deps.nodeId);
    if (isDamaged && othersHaveAll) return this.#setAside(log, 'it is damaged and is fetched again from its leader');
    return log;
  }

  /** Of a log in several directories the replica is the one where the controller has it: the others are old. */
  #choose({ topic, topicId, partition }: PlacedPartition, assigned: string): void {
    const { store, logger } = this.#deps;
    const fields = { topic, topicId, partition, directoryId: assigned };
    store.choose(topic, partition, assigned).then(
      (paths) => paths.forEach((path) => logger.warn({ ...fields, path }, `a second log is set aside; ${howToRemove}`)),
      (cause: unknown) => logger.error({ ...fields, cause: String(cause) }, 'a second log could not be set aside'),
    );
  }

  #create({ topic, topicId, partition, settings }: PlacedPartition, assigned: string): PartitionLog | undefined {
    if (this.#offline.has(assigned)) return undefined;
    const isKnown = this.#known.has(assigned);
    if (!isKnown && !reserved.has(assigned) && this.#hasUnreadable) {
      const fields = { topic, partition, directoryId: assigned };
      this.#deps.logger.error(fields, 'a log is in no directory that can be read; its replica stays offline');
      return undefined;
    }
    const where = isKnown ? { directory: assigned } : {};
    return this.#deps.store.create({ topic, topicId, partition, config: settings.log, ...where });
  }

  #setAside({ topic, topicId, partition }: PartitionLog, reason: string): undefined {
    const { store, logger } = this.#deps;
    const fields = { topic, topicId, partition, reason };
    store.setAside(topic, partition).then(
      (path) => logger.warn({ ...fields, path }, `a log is set aside as ${path ?? 'removed'}; ${howToRemove}`),
      (cause: unknown) => logger.error({ ...fields, cause: String(cause) }, 'a log could not be set aside'),
    );
    return undefined;
  }
}

/** Disk space, or descriptors, also for what stands in the way: what an operator, or retention, makes again. */
function isLackOfRoom(error: unknown): boolean {
  if (error instanceof LogOfflineError && error.isForNow) return true;
  const cause = error instanceof LogOfflineError ? error.cause : error;
  return cause instanceof DiskError && cause.isLackOfRoom;
}
