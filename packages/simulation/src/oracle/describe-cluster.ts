/** The state of all nodes in a few lines, for the report of a run in which something did not come to its end. */
import type { Replica } from '@tidelog/broker';
import { DirectoryId, type MetadataImage, type PartitionImage } from '@tidelog/metadata';
import type { SimCluster } from '../cluster/sim-cluster.ts';

export function describeCluster(cluster: SimCluster): string {
  const lines: string[] = [];
  for (const node of cluster.nodes) {
    const running = node.node;
    if (running === undefined) {
      lines.push(`node ${node.id}: ${node.state}`);
      continue;
    }
    const { role, leaderId, leaderEpoch, highWatermark, logEndOffset } = running.raft.state();
    const broker = running.broker?.broker;
    const quorum = `${role} of ${leaderId} in epoch ${leaderEpoch}, ${highWatermark}/${logEndOffset}`;
    lines.push(`node ${node.id}: ${node.state}, ${broker?.state ?? 'no broker'}; quorum: ${quorum}`);
    for (const replica of broker?.replicas.all() ?? []) {
      const { topic, partition, leaderId: leader, leaderEpoch: epoch, logEndOffset: end } = replica;
      const image = broker?.replicas.image.topics.partition(replica.topicId, partition);
      lines.push(
        `  ${topic}-${partition}: ${replica.role} of ${leader} in epoch ${epoch}, ${replica.highWatermark}/${end}` +
          `${replica.log === undefined ? ', offline' : ''}; in sync ${replica.inSyncReplicas.join(',')}; ` +
          `metadata: leader ${image?.leader} in ${image?.leaderEpoch}/${image?.partitionEpoch}, ` +
          `in sync ${image?.isr.join(',')} of ${image?.replicas.join(',')}${eligibleOf(image)}` +
          `${lostOf(broker?.replicas.image, image)}${progressOf(replica)}`,
      );
    }
  }
  return lines.join('\n');
}

function eligibleOf(partition: PartitionImage | undefined): string {
  if (partition === undefined || partition.elr.length + partition.lastKnownElr.length === 0) return '';
  return `, eligible ${partition.elr.join(',')}, last known ${partition.lastKnownElr.join(',')}`;
}

/** Replicas whose directory their broker has not registered. */
function lostOf(image: MetadataImage | undefined, partition: PartitionImage | undefined): string {
  const lost = partition?.replicas.flatMap((id, i) => {
    const directory = partition.directories[i] ?? DirectoryId.UNASSIGNED;
    const isThere = directory === DirectoryId.UNASSIGNED || image?.cluster.broker(id)?.logDirs.includes(directory);
    return isThere === true ? [] : [`${id} in ${directory}`];
  });
  return lost === undefined || lost.length === 0 ? '' : `, in no directory that is registered: ${lost.join(', ')}`;
}

/** What a leader knows of its followers. */
function progressOf({ core }: Replica): string {
  const { leader } = core;
  if (leader === undefined) return '';
  const ends = Array.from(leader.followers.values(), ({ brokerId, logEndOffset, brokerEpoch }) => {
    return `${brokerId} at ${logEndOffset} (broker epoch ${brokerEpoch})`;
  });
  const pending = leader.inSync.pending?.isr.map(({ brokerId }) => brokerId).join(',');
  return `; followers ${ends.join(', ')}${pending === undefined ? '' : `; proposes ${pending}`}`;
}
