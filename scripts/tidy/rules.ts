/**
 * The house rules in numbers and arrows. Where the code must break one, `ratchet.json` says by how much, and may only
 * fall.
 */

export const budget = {
  fileLines: 400,
  medianFileLines: 120,
  functionLines: 70,
  functionLinesP90: 40,
  classMembers: 25,
  constructorDependencies: 6,
  lineColumns: 120,
} as const;

/** Which packages a package may import; "anything" for what nothing imports. */
export const mayImport: Readonly<Record<string, readonly string[] | 'anything'>> = {
  core: [],
  protocol: ['core'],
  metadata: ['core', 'protocol'],
  log: ['core', 'protocol'],
  net: ['core', 'protocol'],
  raft: ['core', 'protocol', 'log'],
  controller: ['core', 'protocol', 'metadata', 'raft', 'net'],
  broker: ['core', 'protocol', 'metadata', 'log', 'raft', 'net'],
  client: ['core', 'protocol', 'net'],
  server: ['core', 'protocol', 'metadata', 'log', 'raft', 'net', 'controller', 'broker', 'client'],
  // The command line reads log files (dump-log) and speaks the protocol besides starting servers.
  cli: ['core', 'protocol', 'metadata', 'log', 'net', 'client', 'server'],
  testing: 'anything',
  simulation: 'anything',
  conformance: 'anything',
  bench: 'anything',
};
