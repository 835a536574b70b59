export { assert, AssertionError, must, unreachable } from './assert.ts';
export { Chunks } from './chunks.ts';
export type { Core } from './core.ts';
export { crc32c, crc32cOf } from './crc32c.ts';
export { DeadlineQueue, type DeadlineEntry } from './deadline-queue.ts';
export { Driver, type DriverOptions } from './driver.ts';
export { silentLogger, type LogFields, type Logger } from './logger.ts';
export { RateLimitedLog } from './rate-limited-log.ts';
export { SeededRandom, type Random } from './random.ts';
export { firstStepOf, type Steps } from './steps.ts';
export { TimelineMap } from './timeline-map.ts';
export { isUuid, metadataTopicId, randomUuid, uuidFromBytes, uuidToBytes, zeroUuid, type Uuid } from './uuid.ts';
export {
  DiskError,
  type Clock,
  type ConnectOptions,
  type Disk,
  type DiskErrorCode,
  type DiskFile,
  type FileStat,
  type ListenOptions,
  type ListeningSocket,
  type Millis,
  type Network,
  type OpenMode,
  type Socket,
  type SocketHandlers,
  type Timer,
  type Timers,
  type World,
} from './world.ts';
export {
  noMetrics,
  type Counter,
  type Gauge,
  type Histogram,
  type Labels,
  type MetricOptions,
  type Metrics,
} from './metrics.ts';
export { NodeClock, NodeRandom, NodeTimers } from './node-timers.ts';
export { NodeNetwork } from './node-network.ts';
export { createNodeWorld } from './node-world.ts';
export { NodeDisk } from './node-disk.ts';
export { MemoryDisk, type DiskOperation, type MemoryDiskOptions } from './testing/memory-disk.ts';
export { coordinatorPartition, javaStringHash } from './java-hash.ts';
