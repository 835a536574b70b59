/**
 * Bugs put in on purpose, to show that the simulator would find them, and call them by their name. They are injected
 * here, through the simulated disk or a wrapped method of a production class: production code has no switch for them.
 */
import type { Replica } from '@tidelog/broker';
import { LogStore } from '@tidelog/log';
import type { ClusterSettings } from './cluster/settings.ts';
import type { SimCluster } from './cluster/sim-cluster.ts';
import type { Fault } from './faults/fault.ts';
import { allFaults } from './faults/nemesis.ts';
import { groupMutations } from './groups/group-mutations.ts';
import { voterMutations } from './voter-mutations.ts';

export interface Mutation {
  readonly name: string;
  /** The invariants that it breaks; a violation of another one does not count. */
  readonly breaks: readonly string[];
  /** The faults that bring it out. */
  readonly faults: readonly Fault[];
  readonly settings: (settings: ClusterSettings) => ClusterSettings;
  /** Puts the bug in; what comes back takes it out. */
  readonly apply: (cluster: SimCluster) => () => void;
}

const faultsNamed = (...names: string[]): Fault[] => allFaults.filter(({ name }) => names.includes(name));

/** The ways in which it shows that committed records are gone; which one comes first is chance. */
const losses = ['leader completeness', 'acknowledged record lost', 'inconsistent offset', 'committed record lost'];

/** A leader acknowledges alone, while everybody else relies on two in-sync replicas. */
const minInsyncIgnored: Mutation = {
  name: 'min.insync.replicas is ignored',
  breaks: ['committed before replicated', 'acknowledged before commit', 'served before commit', ...losses],
  faults: faultsNamed('kill', 'isolation', 'cut between two', 'pause', 'death of a lone leader'),
  settings: (settings) => ({
    ...settings,
    brokers: 3,
    flushBeforeAck: false,
    partitions: 2,
    overrides: { ...settings.overrides, 'replica.lag.time.max.ms': '1500', 'broker.session.timeout.ms': '6000' },
  }),
  apply: (cluster) =>
    onceSeen(
      cluster,
      (replica) => replica.core.leader,
      (leader) => {
        return replaceGetter(leader, 'effectiveMinInsyncReplicas', () => 1);
      },
    ),
};

/** With three in sync it goes well as long as nobody looks: min.insync.replicas have every record. */
const followerIgnored: Mutation = {
  name: 'the high watermark does not wait for one of two in-sync followers',
  breaks: ['committed before replicated'],
  faults: faultsNamed('slow and lossy link', 'slow disk'),
  settings: (settings) => ({ ...settings, brokers: 3 }),
  apply: (cluster) => onceSeen(cluster, (replica) => replica.core.leader, takeOneForAnother),
};

type Leadership = NonNullable<Replica['core']['leader']>;

/** A fetch of one follower counts for all of them. */
function takeOneForAnother(leader: Leadership): () => void {
  const prototype = Object.getPrototypeOf(leader) as Pick<Leadership, 'onFetched'>;
  const original = prototype.onFetched;
  prototype.onFetched = function onFetched(this: Leadership, fetch, now, out): void {
    for (const other of this.followers.values()) {
      other.logEndOffset = Math.max(other.logEndOffset, Math.min(fetch.offset, this.logEndOffset));
    }
    original.call(this, fetch, now, out);
  };
  return () => {
    prototype.onFetched = original;
  };
}

/** A broker claims to have stopped cleanly, and what has lost its records stays in sync or eligible (KIP-966). */
const everyStopClean: Mutation = {
  name: 'every stop counts as a clean one',
  breaks: ['committed before replicated', ...losses],
  faults: faultsNamed('last replica standing', 'loss of a lone leader', 'power loss', 'replaced disk'),
  settings: (settings) => ({ ...settings, brokers: 3, flushBeforeAck: false, lossesByPartition: true }),
  apply: ({ views, scheduler }) => {
    const { prototype } = LogStore;
    return redefine(prototype, 'previousBrokerEpoch', () => views.brokerEpoch(scheduler.current?.id ?? -1));
  },
};

/** The vote is visible to the process and gone after a power loss. */
const voteNotSynced: Mutation = {
  name: 'the vote is not synced',
  breaks: ['vote forgotten', 'epoch forgotten', 'election safety'],
  faults: faultsNamed('isolation', 'power loss', 'power loss everywhere', 'power loss in an election'),
  settings: (settings) => ({ ...settings, flushBeforeAck: true }),
  apply: ({ nodes }) => {
    for (const { volumes } of nodes) for (const { faults } of volumes) faults.unsyncedReplacement = /quorum-state$/;
    return () => undefined;
  },
};

/** A leader serves what no other has, and says that it is committed. */
const logEndServed: Mutation = {
  name: 'consumers are served up to the end of the log',
  breaks: ['served before commit'],
  faults: faultsNamed('slow and lossy link'),
  settings: (settings) => settings,
  apply: (cluster) =>
    onceSeen(
      cluster,
      (replica) => replica,
      (replica) => {
        return replaceGetter(replica, 'highWatermark', function highWatermark() {
          return this.logEndOffset;
        });
      },
    ),
};

/** A follower takes for committed what it has, and says so. */
const followersLogEndServed: Mutation = {
  name: 'followers serve what their leader has not committed',
  breaks: ['served before commit'],
  faults: faultsNamed('slow and lossy link'),
  settings: (settings) => ({ ...settings, racks: 3 }),
  apply: (cluster) => onceSeen(cluster, (replica) => replica, followLogEnd),
};

/** Wraps the class of all replicas. */
function followLogEnd(replica: Replica): () => void {
  const prototype = Object.getPrototypeOf(replica) as Pick<Replica, 'followLeader'>;
  const original = prototype.followLeader;
  prototype.followLeader = function followLeader(this: Replica, leader): void {
    original.call(this, { ...leader, highWatermark: Infinity });
  };
  return () => {
    prototype.followLeader = original;
  };
}

/** Before KIP-101: whoever begins to follow cuts its log to its own high watermark. */
const truncationByHighWatermark: Mutation = {
  name: 'followers truncate to the high watermark',
  breaks: losses,
  faults: faultsNamed('kill', 'isolation', 'preferred election', 'pause', 'death of a new leader'),
  settings: (settings) => ({ ...settings, brokers: 3 }),
  apply: (cluster) => onceSeen(cluster, (replica) => replica, cutAtHighWatermark),
};

/** Wraps the class of all replicas. */
function cutAtHighWatermark(replica: Replica): () => void {
  const prototype = Object.getPrototypeOf(replica) as Pick<Replica, 'assign'>;
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

/** Of all objects of one's class. */
function replaceGetter<T extends object, K extends keyof T>(of: T, name: K, get: (this: T) => T[K]): () => void {
  return redefine(Object.getPrototypeOf(of) as T, name, get);
}

function redefine<T extends object, K extends keyof T>(prototype: T, name: K, get: (this: T) => T[K]): () => void {
  const original = Reflect.getOwnPropertyDescriptor(prototype, name);
  Object.defineProperty(prototype, name, { get, configurable: true });
  return () => {
    if (original === undefined) Reflect.deleteProperty(prototype, name);
    else Object.defineProperty(prototype, name, original);
  };
}

/** Production classes are reached through the first object of theirs that a node makes. */
function onceSeen<T>(
  cluster: SimCluster,
  find: (replica: Replica) => T | undefined,
  mutate: (found: T) => () => void,
): () => void {
  let undo = (): void => undefined;
  const look = (): void => {
    const replicas = cluster.upNodes.flatMap(({ node }) => [...(node?.broker?.broker.replicas.all() ?? [])]);
    const found = replicas.map(find).find((one) => one !== undefined);
    if (found === undefined) cluster.scheduler.after(10, undefined, 'mutation', look);
    else undo = mutate(found);
  };
  look();
  return () => undo();
}

export const mutations: readonly Mutation[] = [
  minInsyncIgnored,
  followerIgnored,
  logEndServed,
  followersLogEndServed,
  everyStopClean,
  voteNotSynced,
  truncationByHighWatermark,
  ...groupMutations,
  ...voterMutations,
];
