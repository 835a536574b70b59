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
export type { Endpoint, QuorumSource, RaftNode, RaftNodeOptions, RaftNodeState, RaftRole } from './raft-node.ts';
export type { Destination, Transport, TransportCall } from './transport.ts';
