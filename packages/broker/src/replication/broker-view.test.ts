import { emptyMetadataImage, MetadataDelta, type MetadataImage } from '@tidelog/metadata';
import { expect, test } from 'vitest';
import { brokersOfPartition, brokerViewOf } from './broker-view.ts';

const topicId = 'TTTTTTTTTTTTTTTTTTTTTQ';
const [good, failed] = ['GGGGGGGGGGGGGGGGGGGGGA', 'FFFFFFFFFFFFFFFFFFFFFA'];

/** Broker 1 had two directories and has lost one; each holds a replica. */
function imageAfterFailure(): MetadataImage {
  const delta = new MetadataDelta(emptyMetadataImage);
  const registration = { brokerEpoch: 1, endPoints: [], features: [], rack: null, cordonedLogDirs: [] };
  const state = { fenced: false, inControlledShutdown: false, incarnationId: topicId };
  delta.replay({ type: 'registerBroker', brokerId: 1, logDirs: [good, failed], ...registration, ...state });
  delta.replay({ type: 'topic', name: 't', topicId });
  const lists = { eligibleLeaderReplicas: [], lastKnownElr: [], addingReplicas: [], removingReplicas: [] };
  const place = {
    replicas: [1],
    isr: [1],
    leader: 1,
    leaderEpoch: 0,
    partitionEpoch: 0,
    leaderRecoveryState: 0 as const,
  };
  for (const [partitionId, directory] of [good, failed].entries()) {
    delta.replay({ type: 'partition', topicId, partitionId, directories: [directory], ...place, ...lists });
  }
  delta.replay({ type: 'brokerRegistrationChange', brokerId: 1, brokerEpoch: 1, logDirs: [good] });
  return delta.apply({ offset: 1, epoch: 1 });
}

test('of a broker that has lost a directory only the replicas in the others are eligible', () => {
  const image = imageAfterFailure();
  const brokers = brokerViewOf(() => image);
  const isEligible = (partition: number): boolean =>
    brokersOfPartition(brokers, { image: () => image, topicId, partition }).isEligible(1);
  expect([isEligible(0), isEligible(1)]).toEqual([true, false]);
});
