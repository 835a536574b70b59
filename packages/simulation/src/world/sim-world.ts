/** The world of one life of a process, over the machine that it runs on: everything that production code can reach. */
import type { SeededRandom, World } from '@tidelog/core';
import type { Owner, Scheduler } from '../scheduler.ts';
import { MountedDisk, type Volume } from './sim-disk.ts';
import type { Fabric } from './sim-network.ts';
import { SimClock, SimTimers, type WallClock } from './sim-timers.ts';

export interface SimWorldOptions {
  readonly scheduler: Scheduler;
  readonly owner: Owner;
  readonly fabric: Fabric;
  readonly host: string;
  readonly wall: WallClock;
  readonly volumes: readonly Volume[];
  readonly random: SeededRandom;
}

export function createSimWorld(options: SimWorldOptions): World {
  const { scheduler, owner, fabric, host, wall, volumes, random } = options;
  return {
    clock: new SimClock(scheduler, owner, wall),
    timers: new SimTimers(scheduler, owner, { random: random.fork(), drift: wall.drift }),
    random: random.fork(),
    disk: new MountedDisk(volumes),
    network: fabric.networkOf(host, owner),
  };
}
