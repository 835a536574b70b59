/** Tidelog clusters inside a test process, with faults. */
export { createCluster, TestCluster, type BrokerAddress, type ClusterOptions } from './test-cluster.ts';
export type { LogLine } from './test-node.ts';
