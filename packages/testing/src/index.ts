/** Tidelog clusters inside a test process, with faults; and what the commands that test and measure share. */
export { readFlags } from './flags.ts';
export { createCluster, TestCluster, type BrokerAddress, type ClusterOptions } from './test-cluster.ts';
export type { LogLine } from './test-node.ts';
