/** The world of a real process: its clock and timers, the operating system's randomness, its disks and its network. */
import { NodeDisk } from './node-disk.ts';
import { NodeNetwork } from './node-network.ts';
import { NodeClock, NodeRandom, NodeTimers } from './node-timers.ts';
import type { World } from './world.ts';

export function createNodeWorld(): World {
  return {
    clock: new NodeClock(),
    timers: new NodeTimers(),
    random: new NodeRandom(),
    disk: new NodeDisk(),
    network: new NodeNetwork(),
  };
}
