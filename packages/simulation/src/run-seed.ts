/**
 * One seed, from nothing to a verdict. Everything that happens derives from the seed.
 *
 *   start ─▶ topics ─▶ load and faults (safety phase) ─▶ heal ─▶ everything makes progress (liveness phase) ─▶ rest ─▶
 *   all logs are read and compared with what the clients were promised
 */
import { SeededRandom } from '@tidelog/core';
import { pickSettings, withoutAdditions, type ClusterSettings } from './cluster/settings.ts';
import { SimCluster, type LogLine } from './cluster/sim-cluster.ts';
import { votersAreWhole } from './cluster/voters.ts';
import type { Fault } from './faults/fault.ts';
import { inSyncEverywhere } from './faults/loss-budget.ts';
import { connectionFaults } from './faults/connection-faults.ts';
import { chooseSome, Nemesis } from './faults/nemesis.ts';
import { GroupWorkload } from './groups/group-workload.ts';
import type { Mutation } from './mutations.ts';
import { ClusterWatch } from './oracle/cluster-watch.ts';
import type { PartitionViews } from './oracle/partition-views.ts';
import { VoterWatch } from './oracle/voter-watch.ts';
import { checkLogs } from './oracle/final-check.ts';
import { Violation } from './violation.ts';
import { Workload } from './workload/workload.ts';

export interface RunOptions {
  readonly seed: number;
  /** How long faults last, in virtual time; default: the seed's choice, one to three minutes. */
  readonly faultMs?: number | undefined;
  /** Only these faults. */
  readonly faults?: readonly Fault[] | undefined;
  readonly mutation?: Mutation | undefined;
  readonly settings?: Partial<ClusterSettings> | undefined;
  readonly onLine?: ((line: LogLine) => void) | undefined;
}

export interface RunResult {
  readonly seed: number;
  readonly violation: Error | undefined;
  /** What the nodes thought when it happened. */
  readonly state: string;
  readonly traceHash: string;
  readonly virtualMs: number;
  readonly realMs: number;
  readonly events: number;
  readonly acknowledged: number;
  readonly injected: ReadonlyMap<string, number>;
  readonly elections: PartitionViews['elections'];
  readonly settings: ClusterSettings;
}

const lookEveryMs = 50;
const startWithinMs = 60_000;
const progressWithinMs = 120_000;
const restWithinMs = 120_000;

export async function runSeed(options: RunOptions): Promise<RunResult> {
  const startedAt = performance.now();
  const random = new SeededRandom(options.seed);
  const picked = { ...pickSettings(random.fork()), ...options.settings };
  // A mutation says itself what it takes to find it.
  const settings = options.mutation?.settings({ ...picked, ...withoutAdditions }) ?? picked;
  const cluster = new SimCluster({ random: random.fork(), settings, onLine: options.onLine ?? (() => undefined) });
  const workload = new Workload(cluster, random.fork());
  const { admin } = workload;
  const faults = options.faults ?? options.mutation?.faults;
  const nemesis = new Nemesis({ cluster, random: random.fork(), admin, faults });
  const faultMs = options.faultMs ?? 60_000 + random.below(120_000);
  const groups = new GroupWorkload(cluster, random.fork());
  const dice = random.fork();
  const hasMore = settings.connectionFaults && faults === undefined;
  const more = hasMore ? chooseSome(dice, connectionFaults) : [];
  const connections = new Nemesis({ cluster, random: dice, admin, faults: more });
  const undo = options.mutation?.apply(cluster);
  const onRejection = (error: unknown): void => cluster.fail(error, cluster.scheduler.current);
  process.on('unhandledRejection', onRejection);
  try {
    await phases({ cluster, workload, groups, nemesis, connections, faultMs });
  } catch (error) {
    cluster.fail(error);
  } finally {
    process.off('unhandledRejection', onRejection);
    undo?.();
  }
  return {
    seed: options.seed,
    violation: cluster.violation,
    state: [cluster.violationState, groups.describe()].join('\n'),
    traceHash: cluster.scheduler.traceHash,
    virtualMs: cluster.scheduler.now,
    realMs: performance.now() - startedAt,
    events: cluster.scheduler.events,
    acknowledged: workload.acknowledged,
    injected: new Map([...nemesis.injected, ...connections.injected]),
    elections: cluster.views.elections,
    settings,
  };
}

interface Parts {
  readonly cluster: SimCluster;
  readonly workload: Workload;
  readonly groups: GroupWorkload;
  readonly nemesis: Nemesis;
  readonly connections: Nemesis;
  readonly faultMs: number;
}

async function phases({ cluster, workload, groups, nemesis, connections, faultMs }: Parts): Promise<void> {
  const watch = new ClusterWatch(cluster);
  const voters = new VoterWatch(cluster);
  cluster.onUp = (node) => {
    watch.onUp(node);
    voters.onUp(node);
  };
  cluster.onStart = (node) => watch.onStart(node);
  repeat(cluster, () => {
    watch.look();
    voters.look();
    cluster.replication.look();
    cluster.views.look();
  });
  for (const node of cluster.nodes) node.start();
  await must(cluster, 'the cluster starts and creates topics', workload.createTopics(), startWithinMs);
  await must(cluster, 'the topic of the groups is created', groups.createTopics(), startWithinMs);
  workload.start();
  groups.start();
  nemesis.start();
  connections.start();
  await cluster.runUntil(() => false, faultMs);
  cluster.note('faults end, everything heals');
  connections.stop();
  nemesis.heal();
  groups.heal();
  repeat(cluster, () => {
    for (const node of cluster.nodes) node.start();
  });
  await must(cluster, 'every producer gets an acknowledgement', workload.progress(), progressWithinMs);
  await must(cluster, 'every partition has one owner in every group', () => groups.allShared(), progressWithinMs);
  for (const clients of [workload, groups]) clients.stopProducing();
  const allAcknowledged = (): boolean => workload.allAcknowledged() && groups.allAcknowledged();
  await must(cluster, 'every record sent is acknowledged', allAcknowledged, restWithinMs);
  await must(cluster, 'every replica is in sync', () => inSyncEverywhere(cluster), restWithinMs);
  await must(cluster, 'every controller is a voter', () => votersAreWhole(cluster), restWithinMs);
  await must(cluster, 'consumers read everything', () => workload.allRead(), restWithinMs);
  await must(cluster, 'every record is delivered to every group', () => groups.allDelivered(), restWithinMs);
  await must(cluster, 'every group comes to rest', () => groups.allAtRest(), restWithinMs);
  // What followers have not been told yet: the last high watermark.
  const isUpset = await cluster.runUntil(() => !groups.allOwned(), 2000);
  if (isUpset) throw new Violation('a group at rest rebalances', groups.describe());
  if (cluster.violation !== undefined) return;
  await checkLogs(cluster, new Map([...workload.histories, ...groups.histories]));
}

async function must(cluster: SimCluster, what: string, condition: () => boolean, withinMs: number): Promise<void> {
  if (cluster.violation !== undefined) return;
  cluster.note(`waiting: ${what}`);
  if ((await cluster.runUntil(condition, withinMs)) || cluster.violation !== undefined) return;
  throw new Violation('liveness', `not within ${withinMs / 1000} s of virtual time: ${what}`);
}

function repeat(cluster: SimCluster, run: () => void): void {
  cluster.scheduler.after(lookEveryMs, undefined, 'look', () => {
    run();
    repeat(cluster, run);
  });
}
