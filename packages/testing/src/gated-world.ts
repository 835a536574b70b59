/** The Node world of one life of a node, behind a gate: everything in it stands still and ends with that life. */
import { NodeClock, NodeRandom, type World } from '@tidelog/core';
import { GatedDisk } from './gated-disk.ts';
import { GatedNetwork, type GatedNetworkOptions } from './gated-network.ts';
import { GatedTimers } from './gated-timers.ts';

export function createGatedWorld(options: GatedNetworkOptions): World {
  return {
    clock: new NodeClock(),
    timers: new GatedTimers(options.gate),
    random: new NodeRandom(),
    disk: new GatedDisk(options.gate),
    network: new GatedNetwork(options),
  };
}
