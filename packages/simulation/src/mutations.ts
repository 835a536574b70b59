/**
 * Bugs put in on purpose, to show that the simulator would find them. They are injected here, through configuration,
 * the simulated disk, or a wrapped method of a production class: production code has no switch for them.
 */
import type { Replica } from '@tidelog/broker';
import type { ClusterSettings } from './cluster/settings.ts';
import type { SimCluster } from './cluster/sim-cluster.ts';
import type { Fault } from './faults/fault.ts';
import { allFaults } from './faults/nemesis.ts';

export interface Mutation {
  readonly name: string;
  /** Seeds of which one brings it out within a minute of faults. */
  readonly seeds: readonly number[];
  /** The faults that bring it out. */
  readonly faults: readonly Fault[];
  readonly settings: (settings: ClusterSettings) => ClusterSettings;
  /** Puts the bug in; what comes back takes it out. */
  readonly apply: (cluster: SimCluster) => () => void;
}

const faultsNamed = (...names: string[]): Fault[] => allFaults.filter(({ name }) => names.includes(name));

/** The faults go on relying on two in-sync replicas, the brokers acknowledge with one. */
const minInsyncIgnored: Mutation = {
  name: 'min.insync.replicas is ignored',
  seeds: [8, 11, 12, 13, 14, 15],
  faults: faultsNamed('kill', 'isolation', 'cut between two', 'pause'),
  settings: (settings) => ({
    ...settings,
    brokers: 3,
    minInsyncReplicas: 1,
    flushBeforeAck: false,
    partitions: 2,
    overrides: { ...settings.overrides, 'replica.lag.time.max.ms': '1500', 'broker.session.timeout.ms': '6000' },
  }),
  apply: (cluster) => {
    // Kafka's own promise for one in-sync replica: its loss loses records. It happens to a leader that is alone.
    const timer = (): void => {
      cluster.scheduler.after(1000, undefined, 'mutation', () => {
        loseLoneLeader(cluster);
        timer();
      });
    };
    timer();
    return () => undefined;
  },
};

/** With min.insync.replicas=2 a lone leader acknowledges nothing, so that its loss costs nothing. */
function loseLoneLeader(cluster: SimCluster): void {
  for (const node of cluster.upNodes) {
    for (const replica of node.node?.broker?.broker.replicas.all() ?? []) {
      if (replica.role !== 'leader' || replica.inSyncReplicas.length !== 1) continue;
      cluster.note(`node ${node.id}, alone in sync for ${replica.topic}-${replica.partition}, loses its power`);
      node.losePower(0);
      cluster.scheduler.after(500, undefined, 'mutation', () => node.start());
      return;
    }
  }
}

/** The vote is visible to the process and gone after a power loss. */
const voteNotSynced: Mutation = {
  name: 'the vote is not synced',
  seeds: [1, 4, 5, 6, 7, 8],
  faults: faultsNamed('isolation', 'power loss', 'power loss everywhere'),
  settings: (settings) => ({ ...settings, flushBeforeAck: true }),
  apply: (cluster) => {
    for (const node of cluster.nodes) {
      for (const volume of node.volumes) volume.faults.unsyncedReplacement = /quorum-state$/;
      // Slow links make candidates of one epoch likely.
      for (const other of cluster.nodes) {
        const { settings } = cluster.fabric.link(node.hostName, other.hostName);
        Object.assign(settings, { latencyMs: 60, jitterMs: 120 });
      }
    }
    const timer = (): void => {
      cluster.scheduler.after(40, undefined, 'mutation', () => {
        loseVoterDuringElection(cluster);
        timer();
      });
    };
    timer();
    return () => undefined;
  },
};

/** A voter that has just voted loses its power and is back at once: it must not vote again in that epoch. */
function loseVoterDuringElection(cluster: SimCluster): void {
  const roles = cluster.upNodes.map((node) => ({ node, role: node.node?.raft.state().role }));
  if (!roles.some(({ role }) => role === 'candidate')) return;
  const voter = roles.find(({ node, role }) => node.isVoter && role !== 'candidate' && role !== 'leader')?.node;
  if (voter === undefined) return;
  cluster.note(`node ${voter.id} loses its power during an election`);
  voter.losePower(0);
  cluster.scheduler.after(1, undefined, 'mutation', () => voter.start());
}

/** Before KIP-101: whoever begins to follow cuts its log to its own high watermark. */
const truncationByHighWatermark: Mutation = {
  name: 'truncation by high watermark',
  seeds: [1, 6, 11, 12, 13, 14],
  faults: faultsNamed('kill', 'isolation', 'preferred election', 'clean restart', 'pause'),
  settings: (settings) => ({ ...settings, brokers: 3 }),
  apply: (cluster) => {
    let undo = (): void => undefined;
    const look = (): void => {
      const replica = cluster.upNodes.flatMap(({ node }) => [...(node?.broker?.broker.replicas.all() ?? [])])[0];
      if (replica === undefined) return void cluster.scheduler.after(10, undefined, 'mutation', look);
      undo = cutAtHighWatermark(Object.getPrototypeOf(replica) as Pick<Replica, 'assign'>);
    };
    look();
    return () => undo();
  },
};

/** Wraps the class of all replicas. */
function cutAtHighWatermark(prototype: Pick<Replica, 'assign'>): () => void {
  const original = prototype.assign;
  prototype.assign = function assign(this: Replica, assignment): void {
    const follows = assignment.leader !== this.localId && assignment.leaderEpoch > this.leaderEpoch;
    if (follows && this.log !== undefined) void this.log.truncateTo(this.log.highWatermark);
    original.call(this, assignment);
  };
  return () => {
    prototype.assign = original;
  };
}

export const mutations: readonly Mutation[] = [minInsyncIgnored, voteNotSynced, truncationByHighWatermark];
