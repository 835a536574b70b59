/**
 * One member of the metadata quorum, voter or observer: the shell that runs the pure core over the real log, the
 * `quorum-state` file, the snapshots and a transport, and hands committed batches to listeners.
 */
import type { Logger, Metrics, Uuid, World } from '@tidelog/core';
import type { PartitionLog } from '@tidelog/log';
import type { RaftHandlers } from './handlers.ts';
import type { RaftConfig } from './raft-config.ts';
import type { RaftListener } from './raft-listener.ts';
import type { Destination, Transport } from './transport.ts';

export type RaftRole = 'unattached' | 'follower' | 'prospective' | 'candidate' | 'leader' | 'resigned';

export interface Endpoint {
  /** The listener's name, as in controller.listener.names. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

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
  /** The log of `__cluster_metadata-0`, configured with flushBeforeAck. */
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
  readonly role: RaftRole;
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

export interface RaftNode {
  readonly handlers: RaftHandlers;
  readonly highWatermark: number;
  /** Reads quorum-state, the log and the snapshots. A single voter leads within the same turn, without a timeout. */
  start(): Promise<void>;
  /** Hands leadership over (EndQuorumEpoch) and stops. */
  shutdown(): Promise<void>;
  state(): RaftNodeState;
  leaderEndpoint(): Destination | undefined;
  /** Appends one atomic batch. Throws NotLeaderError unless this node leads in that epoch, or BatchTooLargeError. */
  append(values: readonly Buffer[], options: { readonly epoch: number }): { baseOffset: number; lastOffset: number };
  /** Gives leadership up, if this node still leads in that epoch. */
  resign(options: { readonly epoch: number; readonly reason: string }): void;
  /** Delivers from the beginning; the function that comes back ends the subscription. */
  subscribe(listener: RaftListener): () => void;
  /** Writes the state as of `offset` (which must be committed). Resolves when it is durable; false when it is not news. */
  createSnapshot(id: { readonly offset: number; readonly epoch: number }, records: Iterable<Buffer>): Promise<boolean>;
}
