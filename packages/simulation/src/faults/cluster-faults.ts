/** What an operator does at bad times: moves replicas, changes leaders, creates and deletes a topic of one name. */
import { duration, pick, type Fault } from './fault.ts';

const reassignment: Fault = {
  name: 'reassignment',
  inject({ admin, random, cluster, note, later }) {
    const topic = pick(random, admin.topics);
    if (topic === undefined) return false;
    const ids = shuffled(
      cluster.nodes.map(({ id }) => id),
      () => random.next(),
    );
    const partition = random.below(cluster.settings.partitions);
    const few = ids.slice(0, random.next() < 0.3 ? 2 : 3);
    note(`${topic}-${partition} moves to nodes ${few.join(', ')}`);
    admin.reassign({ topic, partition, replicas: few });
    if (few.length < 3) {
      const all = ids.slice(0, 3);
      later(duration(random, 10_000), () => admin.reassign({ topic, partition, replicas: all }));
    }
    return true;
  },
};

const preferredElection: Fault = {
  name: 'preferred election',
  inject({ admin, note }) {
    note('preferred leaders are elected');
    admin.electPreferred();
    return true;
  },
};

const recreation: Fault = {
  name: 'topic recreation',
  inject({ admin, note }) {
    note('the topic "churn" is deleted and created again');
    admin.recreate('churn');
    return true;
  },
};

function shuffled<T>(items: readonly T[], next: () => number): T[] {
  return items
    .map((item) => ({ item, key: next() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

export const clusterFaults: readonly Fault[] = [reassignment, preferredElection, recreation];
