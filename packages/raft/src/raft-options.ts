/** What a node is made of, and what it shows of itself. */
import type { Logger, Metrics, Uuid, World } from '@tidelog/core';
import type { PartitionLog } from '@tidelog/log';
import type { Endpoint } from './core/replica-key.ts';
import type { RoleName } from './core/states.ts';
import type { RaftConfig } from './raft-config.ts';
import type { Transport } from './transport.ts';

/** controller.quorum.voters (static), or controller.quorum.bootstrap.servers (dynamic, KIP-853). */
export type QuorumSource =
  | { readonly kind: 'static'; readonly voters: readonly { id: number; host: string; port: number }[] }
  | { readonly kind: 'bootstrap'; readonly servers: readonly { host: string; port: number }[] };

export interface RaftNodeOptions {
  readonly world: World;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly clusterId: string;
  readonly nodeId: number;
  readonly directoryId: Uuid;
  /** The log of `__cluster_metadata-0`, configured with flushBeforeAck and without retention of its own. */
  readonly log: PartitionLog;
  /** The directory of that log, where quorum-state and the snapshots live too. */
  readonly metadataDir: string;
  readonly voters: QuorumSource;
  /** Whether process.roles has `controller`: others observe only. */
  readonly canBeVoter: boolean;
  /** This node's own controller listeners as peers reach them; empty for an observer. */
  readonly listeners: readonly Endpoint[];
  readonly transport: Transport;
  readonly config: RaftConfig;
  /** The node can not go on (its disk failed, an invariant broke); the process should stop. */
  readonly onFatal: (error: Error) => void;
}

export interface RaftNodeState {
  readonly role: RoleName;
  readonly isVoter: boolean;
  /** -1 while nobody is known to lead. */
  readonly leaderId: number;
  readonly leaderEpoch: number;
  /** -1 while unknown. */
  readonly highWatermark: number;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  readonly kraftVersion: number;
  readonly voters: readonly {
    readonly id: number;
    readonly directoryId: Uuid;
    readonly endpoints: readonly Endpoint[];
  }[];
}
