/**
 * The operator of a dynamic quorum: sees to it that every controller is a voter. Looks at the quorum now and then
 * (DescribeQuorum) and takes one step at a time, as KIP-853 has it: removes a voter whose disk is not there any more,
 * adds a controller that is none. Raises kraft.version first where voters can not change yet. Learns directory ids at
 * the machines, as `tidelog storage info` shows them.
 */
import type { Millis } from '@tidelog/core';
import { AddRaftVoter, DescribeQuorum, ErrorCode, RemoveRaftVoter, UpdateFeatures } from '@tidelog/protocol';
import type { SimCluster } from '../cluster/sim-cluster.ts';
import { controllerListener, controllerPort } from '../cluster/settings.ts';
import { voterName, type VoterKey } from '../cluster/voters.ts';
import type { SimClient } from './sim-client.ts';

const catchUpMs: Millis = 4000;
const longestRestMs: Millis = 8000;

export class VoterKeeper {
  readonly #client: SimClient;
  readonly #cluster: SimCluster;
  /** At kraft.version 0 voters can not change. */
  #isFixed: boolean;

  constructor(client: SimClient, cluster: SimCluster) {
    this.#client = client;
    this.#cluster = cluster;
    this.#isFixed = cluster.settings.quorum === 'raised';
  }

  start(): void {
    this.#client.spawn(async () => {
      for (;;) {
        await this.#client.sleep(100 + longestRestMs * this.#client.random.next() ** 2);
        await this.#tend();
      }
    });
  }

  async #tend(): Promise<void> {
    if (this.#isFixed) return await this.#raise();
    const voters = await this.#voters();
    if (voters === undefined) return;
    const wanted = this.#cluster.nodes.filter(({ isVoter }) => isVoter);
    const stale = voters.find(({ id, directoryId }) =>
      wanted.some((n) => n.id === id && n.directoryId !== directoryId),
    );
    if (stale !== undefined) return await this.#remove(stale);
    const missing = wanted.find(({ id }) => voters.every((voter) => voter.id !== id));
    // Its new disk is not formatted before it has been started.
    if (missing?.directoryId === undefined) return;
    await this.#add({ id: missing.id, directoryId: missing.directoryId });
  }

  async #voters(): Promise<readonly VoterKey[] | undefined> {
    const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }];
    const response = await this.#client.ask(DescribeQuorum, { topics });
    const partition = response?.topics[0]?.partitions[0];
    if (partition?.errorCode !== ErrorCode.NONE) return undefined;
    return partition.currentVoters.map(({ replicaId, replicaDirectoryId }) => {
      return { id: replicaId, directoryId: replicaDirectoryId };
    });
  }

  async #raise(): Promise<void> {
    this.#cluster.note('the operator raises kraft.version to 1');
    const featureUpdates = [{ feature: 'kraft.version', maxVersionLevel: 1, upgradeType: 1 }];
    const response = await this.#client.ask(UpdateFeatures, { timeoutMs: catchUpMs, featureUpdates });
    this.#cluster.note(`to raise kraft.version: ${response?.errorCode} ${response?.errorMessage ?? ''}`);
    this.#isFixed = response?.errorCode !== ErrorCode.NONE;
  }

  async #remove(voter: VoterKey): Promise<void> {
    this.#cluster.note(`the operator removes the voter ${voterName(voter)}, whose disk is gone`);
    const request = { clusterId: null, voterId: voter.id, voterDirectoryId: voter.directoryId };
    const response = await this.#client.ask(RemoveRaftVoter, request);
    this.#cluster.note(`to remove ${voter.id}: ${response?.errorCode} ${response?.errorMessage ?? ''}`);
  }

  async #add(voter: VoterKey): Promise<void> {
    this.#cluster.note(`the operator adds the voter ${voterName(voter)}`);
    const response = await this.#client.ask(AddRaftVoter, {
      clusterId: null,
      timeoutMs: catchUpMs,
      voterId: voter.id,
      voterDirectoryId: voter.directoryId,
      listeners: [{ name: controllerListener, host: `n${voter.id}`, port: controllerPort }],
    });
    this.#cluster.note(`to add ${voter.id}: ${response?.errorCode} ${response?.errorMessage ?? ''}`);
  }
}
