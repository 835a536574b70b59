/** This node's membership in the metadata quorum: its log, its transport, and the RPCs it answers. */
import { metadataTopicId } from '@tidelog/core';
import { defaultLogConfig, type LogStore } from '@tidelog/log';
import { bind, handler, type BoundHandler } from '@tidelog/net';
import {
  AddRaftVoter,
  BeginQuorumEpoch,
  DescribeQuorum,
  EndQuorumEpoch,
  Fetch,
  FetchSnapshot,
  RemoveRaftVoter,
  UpdateRaftVoter,
  Vote,
} from '@tidelog/protocol';
import { createRaftNode, type RaftNode } from '@tidelog/raft';
import { controllerEndpoints } from '../controller-endpoints.ts';
import { RaftTransport } from '../links/raft-transport.ts';
import type { NodeParts } from '../tidelog-node.ts';
import { raftConfig } from '../settings.ts';

const metadataTopic = '__cluster_metadata';

export function createQuorumMember(
  parts: Omit<NodeParts, 'raft' | 'loader' | 'budgets' | 'incarnationId' | 'onControllerChange'>,
): RaftNode {
  const { world, logger, metrics, config, store, onFatal } = parts;
  const directoryId = parts.directoryIdOf(config.metadataLogDir);
  const { quorum } = config;
  return createRaftNode({
    world,
    logger,
    metrics,
    onFatal,
    directoryId,
    clusterId: parts.realClusterId,
    nodeId: config.nodeId,
    log: metadataLog(store, directoryId),
    metadataDir: `${config.metadataLogDir}/${metadataTopic}-0`,
    voters:
      quorum.kind === 'static'
        ? { kind: 'static', voters: quorum.voters.map(({ nodeId, host, port }) => ({ id: nodeId, host, port })) }
        : quorum,
    canBeVoter: config.isController,
    listeners: controllerEndpoints(config),
    transport: new RaftTransport({
      longPolls: parts.connectionsFor('raft-fetch'),
      others: parts.connectionsFor('raft'),
    }),
    config: raftConfig(config),
  });
}

/** The quorum's own log: synced before it counts, never deleted by retention (raft cuts it at snapshots). */
function metadataLog(store: LogStore, directory: string): ReturnType<LogStore['create']> {
  const config = { ...defaultLogConfig, flushBeforeAck: true, retentionMs: -1, retentionBytes: -1 };
  const existing = store.get(metadataTopic, 0);
  if (existing === undefined) {
    return store.create({ topic: metadataTopic, topicId: metadataTopicId, partition: 0, config, directory });
  }
  existing.reconfigure(config);
  return existing;
}

/** What a controller listener answers on behalf of the quorum. */
export function quorumHandlers(raft: RaftNode): BoundHandler[] {
  const { handlers } = raft;
  return [
    bind(
      handler(Vote, [0, 2], (_: undefined, request, context) => handlers.vote(request, context)),
      undefined,
    ),
    bind(
      handler(BeginQuorumEpoch, [0, 1], (_: undefined, request, context) =>
        handlers.beginQuorumEpoch(request, context),
      ),
      undefined,
    ),
    bind(
      handler(EndQuorumEpoch, [0, 1], (_: undefined, request, context) => handlers.endQuorumEpoch(request, context)),
      undefined,
    ),
    bind(
      handler(Fetch, [4, 18], (_: undefined, request, context) => handlers.fetch(request, context), {
        pipelined: true,
      }),
      undefined,
    ),
    bind(
      handler(FetchSnapshot, [0, 1], (_: undefined, request, context) => handlers.fetchSnapshot(request, context)),
      undefined,
    ),
    bind(
      handler(AddRaftVoter, [0, 1], (_: undefined, request, context) => handlers.addRaftVoter(request, context)),
      undefined,
    ),
    bind(
      handler(RemoveRaftVoter, [0, 0], (_: undefined, request, context) => handlers.removeRaftVoter(request, context)),
      undefined,
    ),
    bind(
      handler(UpdateRaftVoter, [0, 0], (_: undefined, request, context) => handlers.updateRaftVoter(request, context)),
      undefined,
    ),
    bind(
      handler(DescribeQuorum, [0, 2], (_: undefined, request, context) => handlers.describeQuorum(request, context)),
      undefined,
    ),
  ];
}
