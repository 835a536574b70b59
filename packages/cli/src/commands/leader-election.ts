/**
 * `tidelog leader-election`: what Kafka's kafka-leader-election does. A preferred election gives partitions back to
 * their first replica; an unclean one gives a partition without a leader to a replica that may lack records, which are
 * then lost.
 */
import { ElectLeaders, errorName } from '@tidelog/protocol';
import type { Command } from 'commander';
import { check, type Admin } from '../support/admin.ts';
import { withAdmin, withCommonOptions, type CommonFlags } from '../support/common-options.ts';
import { printJson } from '../support/output.ts';
import { byTopic, readPartitionsFile } from '../support/partitions-file.ts';

interface Flags extends CommonFlags {
  readonly electionType: 'preferred' | 'unclean';
  readonly topic?: string;
  readonly partition?: string;
  readonly allTopicPartitions?: boolean;
  readonly pathToJsonFile?: string;
}

interface TopicPartitions {
  readonly topic: string;
  readonly partitions: number[];
}

const electionNotNeeded = 84;

export function addLeaderElection(program: Command): void {
  withCommonOptions(program.command('leader-election').description('elect leaders of partitions'))
    .requiredOption(
      '--election-type <preferred|unclean>',
      'unclean: of partitions without a leader; may lose data',
      electionType,
    )
    .option('--topic <name>', 'of the partition')
    .option('--partition <n>', 'the partition of --topic')
    .option('--all-topic-partitions', 'every partition that needs it')
    .option('--path-to-json-file <path>', 'the partitions of a file: {"partitions":[{"topic":"orders","partition":0}]}')
    .action((flags: Flags) => withAdmin(flags, (admin) => elect(admin, flags)));
}

function electionType(text: string): string {
  const type = text.toLowerCase();
  if (type !== 'preferred' && type !== 'unclean') throw new Error('--election-type takes preferred or unclean');
  return type;
}

async function elect(admin: Admin, flags: Flags): Promise<void> {
  const topicPartitions = wantedPartitions(flags);
  const response = await admin.send(ElectLeaders, {
    electionType: flags.electionType === 'preferred' ? 0 : 1,
    topicPartitions,
    timeoutMs: Number(flags.timeout),
  });
  check(response.errorCode, null, 'cannot elect leaders');
  const results = response.replicaElectionResults.flatMap(({ topic, partitionResult }) =>
    partitionResult.map((result) => ({ topic, ...result })),
  );
  // Asked for everything, what needs nothing is not worth a line.
  const shown = results.filter(({ errorCode }) => topicPartitions !== null || errorCode !== electionNotNeeded);
  if (flags.json === true) printJson(shown);
  else for (const result of shown) console.log(resultLine(result));
  if (flags.json !== true && shown.length === 0) console.log('No partition needed an election.');
  if (shown.some(({ errorCode }) => errorCode !== 0 && errorCode !== electionNotNeeded)) process.exitCode = 1;
}

function resultLine(result: {
  topic: string;
  partitionId: number;
  errorCode: number;
  errorMessage: string | null;
}): string {
  const name = `${result.topic}-${result.partitionId}`;
  if (result.errorCode === 0) return `${name}: a leader was elected.`;
  if (result.errorCode === electionNotNeeded) return `${name}: has the leader it should have.`;
  return `${name}: ${errorName(result.errorCode)}${result.errorMessage === null ? '' : `: ${result.errorMessage}`}`;
}

/** Exactly one of the three ways to say which. */
function wantedPartitions({ topic, partition, allTopicPartitions, pathToJsonFile }: Flags): TopicPartitions[] | null {
  const ways = [topic !== undefined, allTopicPartitions === true, pathToJsonFile !== undefined];
  if (ways.filter(Boolean).length !== 1) {
    throw new Error('say which partitions: --topic with --partition, --all-topic-partitions or --path-to-json-file');
  }
  if (topic !== undefined) {
    if (partition === undefined || !/^\d+$/.test(partition)) throw new Error('--topic needs --partition <n>');
    return [{ topic, partitions: [Number(partition)] }];
  }
  if (pathToJsonFile === undefined) return null;
  const entries = readPartitionsFile(pathToJsonFile, { replicas: false });
  return [...byTopic(entries)].map(([name, of]) => ({ topic: name, partitions: of.map((entry) => entry.partition) }));
}
