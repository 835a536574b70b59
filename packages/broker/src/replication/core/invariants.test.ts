/**
 * What must hold over every history of one partition. Each seed is a history of its own; a failure names its seed.
 */
import { expect, test } from 'vitest';
import { PartitionModel, type ModelReplica } from '../../testing/partition-model.ts';

const seeds = Array.from({ length: 150 }, (_, index) => index + 1);
const steps = 400;

/** The replica that leads by the controller's word, once it knows. */
function leaderOf(model: PartitionModel): ModelReplica | undefined {
  const leader = model.replica(model.decided.leader);
  return leader.core.role === 'leader' && leader.core.leaderEpoch === model.decided.leaderEpoch ? leader : undefined;
}

/** Acknowledged records are in the log of every member of the ISR, so whoever leads next has them (KIP-497). */
function checkAcknowledged(model: PartitionModel, seed: number): void {
  for (const id of model.decided.isr) {
    for (const [offset, value] of model.acknowledged) {
      const found = model.replica(id).log.entries[offset]?.value;
      if (found !== value) {
        throw new Error(`seed ${seed}: replica ${id} of the ISR has ${found} at ${offset}, ${value} was acknowledged`);
      }
    }
  }
}

/** What two replicas take for committed is the same. */
function checkAgreement(model: PartitionModel, seed: number): void {
  const [first, ...others] = model.replicas;
  for (const other of others) {
    const common = Math.min(first?.log.highWatermark ?? 0, other.log.highWatermark);
    for (let offset = 0; offset < common; offset++) {
      const values = [first?.log.entries[offset]?.value, other.log.entries[offset]?.value];
      if (values[0] !== values[1]) throw new Error(`seed ${seed}: ${values.join(' and ')} are committed at ${offset}`);
    }
  }
}

/** What is committed is on min.insync.replicas logs, so losing one fewer disk loses nothing (KIP-966). */
function checkCopies(model: PartitionModel, seed: number): void {
  for (const { core } of model.replicas) {
    const committed = core.leader?.highWatermark ?? 0;
    const copies = model.replicas.filter((replica) => replica.log.logEndOffset >= committed).length;
    if (committed > 0 && copies < 2) throw new Error(`seed ${seed}: ${committed} is committed with ${copies} copies`);
  }
}

test('acknowledged records survive every failover, and committed ones are the same everywhere', () => {
  let acknowledged = 0;
  let elections = 0;
  for (const seed of seeds) {
    const model = new PartitionModel(seed, { replicas: 3, minInsyncReplicas: 2 });
    for (let step = 0; step < steps; step++) {
      model.step();
      checkAcknowledged(model, seed);
      checkAgreement(model, seed);
      checkCopies(model, seed);
    }
    acknowledged += model.acknowledged.size;
    elections += model.decided.leaderEpoch;
  }
  // The histories have to be worth checking.
  expect(acknowledged).toBeGreaterThan(seeds.length * 5);
  expect(elections).toBeGreaterThan(seeds.length);
});

test('the high watermark of a leader never goes back', () => {
  for (const seed of seeds) {
    const model = new PartitionModel(seed, { replicas: 3, minInsyncReplicas: 1 });
    const seen = new Map<number, number>();
    for (let step = 0; step < steps; step++) {
      model.step();
      for (const { core } of model.replicas) {
        if (core.leader === undefined) continue;
        const { leaderEpoch, highWatermark, logEndOffset } = core.leader;
        expect(highWatermark, `seed ${seed}`).toBeGreaterThanOrEqual(seen.get(leaderEpoch) ?? 0);
        expect(highWatermark, `seed ${seed}`).toBeLessThanOrEqual(logEndOffset);
        seen.set(leaderEpoch, highWatermark);
      }
    }
  }
});

test('once everything arrives, all replicas are in sync and have the same log', () => {
  for (const seed of seeds) {
    const model = new PartitionModel(seed, { replicas: 3, minInsyncReplicas: 2 });
    for (let step = 0; step < steps; step++) model.step();
    model.settle();
    const leader = leaderOf(model);
    expect(model.decided.isr.length, `seed ${seed}`).toBe(3);
    expect(leader?.log.highWatermark, `seed ${seed}`).toBe(leader?.log.logEndOffset);
    for (const replica of model.replicas) expect(replica.log.entries, `seed ${seed}`).toEqual(leader?.log.entries);
  }
});
