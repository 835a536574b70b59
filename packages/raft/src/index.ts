export type { RaftHandler, RaftHandlers, RaftRequestContext } from './handlers.ts';
export { BatchTooLargeError, NotLeaderError } from './not-leader-error.ts';
export { defaultRaftConfig, type RaftConfig } from './raft-config.ts';
export type {
  CommittedBatch,
  CommittedRecord,
  LeaderChange,
  RaftListener,
  SnapshotDue,
  SnapshotReader,
} from './raft-listener.ts';
export type { Endpoint } from './core/replica-key.ts';
export { raftInvariants } from './core/invariants/all.ts';
export { voterChangeSafety } from './core/invariants/voter-change-safety.ts';
export type { Invariant, MemberView } from './core/invariants/invariant.ts';
export type { RoleName as RaftRole } from './core/states.ts';
export { supportedKraftVersions } from './core/voter-set.ts';
export { RaftCore } from './core/raft-core.ts';
export { createRaftNode, RaftNode } from './raft-node.ts';
export type { QuorumSource, RaftNodeOptions, RaftNodeState } from './raft-options.ts';
export { formatMetadataDirectory, type FormatOptions } from './storage/format.ts';
export type { Destination, Transport, TransportCall } from './transport.ts';
