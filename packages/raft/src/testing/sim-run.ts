/** One seeded run: a safety phase with every fault, then everything heals and the quorum must make progress. */
import { assert } from '@tidelog/core';
import { raftInvariants } from '../core/invariants/all.ts';
import type { Invariant } from '../core/invariants/invariant.ts';
import type { CoreConfig } from '../core/member.ts';
import { SimCluster, type SimMutation } from './sim-cluster.ts';
import { directoryIdOf, type SimMember } from './sim-member.ts';

export interface SimRunOptions {
  readonly seed: number;
  readonly config: CoreConfig;
  /** Whether the voters are static, and lose their disks; default: for every third seed. */
  readonly isStatic?: boolean;
  /** What a sync takes at most; default: the seed's choice, below 20. */
  readonly maxSyncMs?: number;
  /** How long faults go on, in virtual milliseconds. */
  readonly faultyMs?: number;
  readonly invariants?: readonly Invariant[];
  readonly mutation?: SimMutation;
  readonly trace?: (line: string) => void;
}

export interface SimRunResult {
  readonly committed: number;
  readonly steps: number;
  readonly virtualMs: number;
}

const healMs = 30_000;
const diskReplacementMs = 6000;

export function runSeed(options: SimRunOptions): SimRunResult {
  const { seed, config, invariants = raftInvariants(), mutation, trace } = options;
  const { isStatic = seed % 3 === 0 } = options;
  const { faultyMs = isStatic ? 12_000 : 8000 } = options;
  const cluster = new SimCluster({
    seed,
    members: 5,
    voters: 3,
    isStatic,
    config,
    invariants,
    mutation,
    ...(trace && { trace }),
  });
  const { random, network, members } = cluster;
  network.lostPerMille = random.below(4) === 0 ? 100 : random.below(20);
  network.duplicatedPerMille = random.below(50);
  network.maxDelayMs = 1 + random.below(random.below(5) === 0 ? 500 : 20);
  const ownSyncMs = random.below(20);
  network.maxSyncMs = options.maxSyncMs ?? ownSyncMs;
  for (const { id } of members) cluster.start(id);
  while (cluster.now < faultyMs) {
    cluster.runUntil(cluster.now + random.below(120));
    disturb(cluster);
  }
  heal(cluster);
  return { committed: cluster.leader()?.core?.log.highWatermark ?? 0, steps: cluster.steps, virtualMs: cluster.now };
}

function disturb(cluster: SimCluster): void {
  const { random, members, cuts } = cluster;
  const any = members[random.below(members.length)] ?? cluster.member(1);
  const other = members[random.below(members.length)] ?? cluster.member(1);
  const leader = cluster.leader();
  const choice = random.below(100);
  if (choice < 40) {
    const count = 1 + random.below(4);
    for (let i = 0; i < count; i++) if (leader !== undefined) cluster.propose(leader);
  } else if (choice < 50) cluster.crash(any.id);
  else if (choice < 65) cluster.start(any.id);
  else if (choice < 71) cuts.add(`${any.id}>${other.id}`);
  else if (choice < 75) isolate(cluster, any);
  else if (choice < 83) cuts.clear();
  else if (choice < 88) cluster.snapshot(any, random.below(2) === 0);
  else if (choice < 92 && !cluster.isStatic) changeVoters(cluster, leader, any);
  else if (choice < 93) replaceDisk(cluster, any);
  else if (choice < 95 && leader?.core !== undefined) {
    cluster.step(leader, { kind: 'resigned', epoch: leader.core.role.epoch, reason: 'the test says so' });
  } else if (choice < 96) cluster.step(any, { kind: 'shutdownRequested' });
  else if (choice < 97) powerCut(cluster);
  else for (const { id } of members) cluster.start(id);
}

/** Everybody at once, a moment after an append: what is committed by then must be on stable storage. */
function powerCut(cluster: SimCluster): void {
  const leader = cluster.leader();
  if (leader !== undefined) cluster.propose(leader);
  cluster.runUntil(cluster.now + cluster.random.below(40));
  for (const { id } of cluster.members) cluster.crash(id);
  for (const { id } of cluster.members) if (cluster.random.below(4) > 0) cluster.start(id);
}

function isolate({ members, cuts }: SimCluster, { id }: SimMember): void {
  for (const other of members) {
    cuts.add(`${id}>${other.id}`);
    cuts.add(`${other.id}>${id}`);
  }
}

function changeVoters(cluster: SimCluster, leader: SimMember | undefined, any: SimMember): void {
  if (leader?.core === undefined) return;
  const { voters } = leader.core.log;
  const known = voters.get(any.id);
  if (known !== undefined) {
    if (voters.size > 2) cluster.request(leader, { kind: 'removeVoter', voter: known });
    return;
  }
  const endpoints = [{ name: 'CONTROLLER', host: `n${any.id}`, port: 9093 }];
  const ackWhenCommitted = cluster.random.below(2) === 0;
  cluster.request(leader, { kind: 'addVoter', voter: any.key, endpoints, timeoutMs: 2000, ackWhenCommitted });
}

/**
 * Of a static voter one disk at a time, while all the others have theirs and have taken part. Of a dynamic one only
 * when no voter set anywhere names the member: the majority that decides about it would be without its vote.
 */
function replaceDisk(cluster: SimCluster, member: SimMember): void {
  if (cluster.isStatic) {
    const others = cluster.members.filter((other) => other !== member);
    if (!others.every(({ quorumState }) => quorumState !== undefined)) return;
    cluster.crash(member.id);
    member.replaceDisk(member.key.directoryId);
    // What it had sent is answered or lost by the time that a disk has been replaced, and who led with its help alone
    // has resigned.
    member.startsAt = cluster.now + diskReplacementMs;
    return;
  }
  const isVoter = cluster.members.some(
    ({ core, snapshots, batches }) =>
      core?.log.voters.get(member.id) !== undefined ||
      snapshots.some(({ voters }) => voters.get(member.id) !== undefined) ||
      batches.some(({ controls }) =>
        controls.some((c) => c.kind === 'voters' && c.voters.get(member.id) !== undefined),
      ),
  );
  if (isVoter) return;
  cluster.crash(member.id);
  member.replaceDisk(directoryIdOf(member.id, 1 + cluster.random.below(99)));
  cluster.start(member.id);
}

function heal(cluster: SimCluster): void {
  const { members, network, cuts } = cluster;
  cuts.clear();
  network.lostPerMille = 0;
  network.duplicatedPerMille = 0;
  network.maxDelayMs = 5;
  network.maxSyncMs = 2;
  for (const { id } of members) cluster.start(id);
  cluster.runUntil(cluster.now + diskReplacementMs);
  // Those that were about to shut down have done so by now, and new disks are there.
  for (const { id } of members) cluster.start(id);
  const led = cluster.runWhile(() => cluster.leader() === undefined, healMs);
  assert(led, () => `nobody leads after healing: ${describe(cluster)}`);
  const leader = cluster.leader();
  const batch = leader && cluster.propose(leader);
  assert(leader !== undefined && batch !== undefined, 'the leader takes no record');
  const caughtUp = (member: SimMember): boolean => (member.core?.log.highWatermark ?? -1) > batch.lastOffset;
  const spread = cluster.runWhile(() => !members.every(caughtUp), healMs);
  assert(spread, () => `a record at ${batch.baseOffset} does not reach everybody: ${describe(cluster)}`);
}

function describe({ members }: SimCluster): string {
  return members
    .map(({ id, core }) => {
      if (core === undefined) return `${id} is down`;
      const { role, log } = core;
      const voters = log.voters.voters.map((voter) => voter.id).join(',');
      return `${id} ${role.role}@${role.epoch} hw=${log.highWatermark} end=${log.endOffset} voters=${voters}`;
    })
    .join('; ');
}
