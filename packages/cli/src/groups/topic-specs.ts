/** Topics as Kafka's group tool takes them: `orders` is all of its partitions, `orders:0,2` two of them. */
import type { GroupClient, TopicPartition } from './group-client.ts';

export interface TopicSpec {
  readonly topic: string;
  /** Undefined: all. */
  readonly partitions: readonly number[] | undefined;
}

export function topicSpec(text: string): TopicSpec {
  const match = /^([A-Za-z0-9._-]+)(?::(\d+(?:,\d+)*))?$/.exec(text);
  if (match === null) throw new Error(`--topic takes a name, or name:0,1,... for some partitions; not "${text}"`);
  return { topic: match[1] ?? '', partitions: match[2]?.split(',').map(Number) };
}

/** The partitions that the texts name; throws for what does not exist. */
export async function partitionsOf(client: GroupClient, texts: readonly string[]): Promise<TopicPartition[]> {
  const specs = texts.map(topicSpec);
  const facts = await client.topics(specs.map(({ topic }) => topic));
  return specs.flatMap(({ topic, partitions }) => {
    const leaders = facts.get(topic)?.leaders;
    if (leaders === undefined) throw new Error(`topic ${topic} does not exist`);
    const strange = partitions?.find((partition) => !leaders.has(partition));
    if (strange !== undefined)
      throw new Error(`topic ${topic} has the partitions 0 to ${leaders.size - 1}, not ${strange}`);
    return (partitions ?? [...leaders.keys()].toSorted((one, other) => one - other)).map((partition) => {
      return { topic, partition };
    });
  });
}
