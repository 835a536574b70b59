/**
 * The controller of one node: decides about metadata while its node leads the quorum, follows along while it does not.
 * (Skeleton: public signatures.)
 */
import type { Logger, Metrics, World } from '@tidelog/core';
import type { MetadataImage } from '@tidelog/metadata';
import type { BoundHandler } from '@tidelog/net';
import type { RaftNode } from '@tidelog/raft';
import type { ControllerConfig } from './core/controller-config.ts';

export interface ControllerOptions {
  readonly world: World;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly raft: RaftNode;
  readonly nodeId: number;
  readonly clusterId: string;
  readonly config: ControllerConfig;
  /** Committed metadata cannot be read or replayed: the process should stop. */
  readonly onFatal: (error: Error) => void;
}

export declare class Controller {
  constructor(options: ControllerOptions);
  /** Subscribes to the quorum; call it before `raft.start()` or after, once. */
  start(): void;
  /** Ends the subscription and the timers; what waits for a commit is answered with NOT_CONTROLLER. */
  stop(): void;
  /** Whether this node decides now. */
  get isActive(): boolean;
  /** The committed metadata as this controller has replayed it. */
  get image(): MetadataImage;
  /** Everything that the controller listener serves besides the quorum's own RPCs. */
  handlers(): readonly BoundHandler[];
}
