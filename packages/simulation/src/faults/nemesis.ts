/**
 * Picks the faults of a run (swarm testing: each seed has a random subset with rates of its own, so that rare pairs get
 * a seed of their own), injects them at random times, and heals everything at the end.
 */
import type { SeededRandom } from '@tidelog/core';
import type { ClusterSettings } from '../cluster/settings.ts';
import type { SimCluster } from '../cluster/sim-cluster.ts';
import type { Admin } from '../workload/admin.ts';
import { clusterFaults } from './cluster-faults.ts';
import { connectionFaults } from './connection-faults.ts';
import { diskFaults, repairRot } from './disk-faults.ts';
import { pick, type Fault, type FaultContext } from './fault.ts';
import { lastReplicaFaults } from './last-replica-faults.ts';
import { networkFaults } from './network-faults.ts';
import { processFaults } from './process-faults.ts';
import { targetedFaults } from './targeted-faults.ts';
import { volumeFaults } from './volume-faults.ts';
import { voterFaults } from './voter-faults.ts';

const usualFaults: readonly Fault[] = [
  ...processFaults,
  ...networkFaults,
  ...diskFaults,
  ...clusterFaults,
  ...targetedFaults,
];

export const allFaults: readonly Fault[] = [
  ...usualFaults,
  ...voterFaults,
  ...volumeFaults,
  ...lastReplicaFaults,
  ...connectionFaults,
];

export interface NemesisOptions {
  readonly cluster: SimCluster;
  readonly random: SeededRandom;
  readonly admin: Admin;
  /** The faults of this run; undefined: the seed's choice. */
  readonly faults?: readonly Fault[] | undefined;
}

export class Nemesis {
  readonly faults: readonly Fault[];
  /** Faults that were injected, by name. */
  readonly injected = new Map<string, number>();
  readonly #context: FaultContext;
  readonly #meanMs: number;
  #active = false;

  constructor({ cluster, random, admin, faults }: NemesisOptions) {
    this.faults = faults ?? chooseFaults(random, cluster.settings);
    this.#meanMs = 500 * 20 ** random.next();
    this.#context = {
      cluster,
      random,
      admin,
      budget: cluster.budget,
      note: (what) => cluster.note(what),
      later: (delayMs, run) => {
        cluster.scheduler.after(delayMs, undefined, 'nemesis', () => {
          if (this.#active) run();
        });
      },
    };
  }

  start(): void {
    if (this.faults.length === 0) return;
    this.#active = true;
    this.#next();
  }

  /** No new faults, and none that undoes itself. */
  stop(): void {
    this.#active = false;
  }

  /** Ends the faults and everything they left behind. */
  heal(): void {
    this.stop();
    const { cluster } = this.#context;
    cluster.fabric.heal();
    for (const node of cluster.nodes) {
      const wasIll = node.excuses > 0 || node.startedFull || node.hasFailedVolume;
      for (const volume of node.volumes) {
        volume.isFull = false;
        Object.assign(volume.faults, { failed: false, readError: false, syncError: false, slowness: 1 });
      }
      node.supervised = true;
      if (node.isPaused) node.resume();
      if (wasIll) node.kill();
      node.start();
    }
    repairRot(cluster);
    for (const node of cluster.nodes) node.excuses = 0;
  }

  #next(): void {
    const { random, cluster } = this.#context;
    const delayMs = -Math.log(1 - random.next()) * this.#meanMs;
    this.#context.later(delayMs, () => {
      const fault = pick(random, this.faults);
      if (fault?.inject(this.#context) === true) {
        this.injected.set(fault.name, (this.injected.get(fault.name) ?? 0) + 1);
        cluster.scheduler.mix(fault.name.length);
      }
      this.#next();
    });
  }
}

function chooseFaults(random: SeededRandom, { quorum, dataVolumes, lossesByPartition }: ClusterSettings): Fault[] {
  const share = 0.15 + 0.6 * random.next();
  const isChosen = (): boolean => random.next() < share;
  // Drawn only where they can happen: a seed without them stays the run that it is.
  return [
    ...usualFaults.filter(isChosen),
    ...(quorum === 'static' ? [] : voterFaults.filter(() => random.next() < 0.8)),
    ...(dataVolumes > 1 ? volumeFaults.filter(isChosen) : []),
    ...(lossesByPartition ? lastReplicaFaults.filter(isChosen) : []),
  ];
}

export function chooseSome(random: SeededRandom, faults: readonly Fault[]): Fault[] {
  const share = 0.15 + 0.6 * random.next();
  return faults.filter(() => random.next() < share);
}
