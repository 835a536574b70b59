/**
 * The `tidelog` command: `tidelog <noun> <verb>`, a noun per tool of Kafka's bin/. Every noun lives in its own file and
 * is loaded when it is asked for, so that `tidelog server` starts without the rest.
 */
import type { Command } from 'commander';

/** Loads a noun's commands: the function that comes back adds them to the program. */
type Noun = () => Promise<(program: Command) => void>;

const nouns: Readonly<Record<string, Noun>> = {
  server: async () => (await import('./commands/server.ts')).addServer,
  dev: async () => (await import('./commands/dev.ts')).addDev,
  topics: async () => (await import('./commands/topics.ts')).addTopics,
  configs: async () => (await import('./commands/configs.ts')).addConfigs,
  groups: async () => (await import('./commands/groups.ts')).addGroups,
  cluster: async () => (await import('./commands/cluster.ts')).addCluster,
  brokers: async () => (await import('./commands/cluster.ts')).addBrokers,
  quorum: async () => (await import('./commands/quorum.ts')).addQuorum,
  storage: async () => (await import('./commands/storage.ts')).addStorage,
  'dump-log': async () => (await import('./commands/dump-log.ts')).addDumpLog,
  reassign: async () => (await import('./commands/reassign.ts')).addReassign,
  features: async () => (await import('./commands/features.ts')).addFeatures,
  'leader-election': async () => (await import('./commands/leader-election.ts')).addLeaderElection,
};

async function main(args: readonly string[]): Promise<void> {
  const { Command } = await import('commander');
  const program = new Command('tidelog')
    .description('A broker cluster that speaks the Kafka protocol, and the tools to run it.')
    .version('0.1.0')
    .showHelpAfterError('(add --help for help)')
    .configureHelp({ sortSubcommands: true });
  const asked = args[0] === 'help' ? args[1] : args[0];
  const wanted = asked !== undefined && asked in nouns ? [asked] : Object.keys(nouns);
  for (const noun of wanted) (await nouns[noun]?.())?.(program);
  await program.parseAsync([...args], { from: 'user' });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? `tidelog: ${error.message}` : error);
  process.exitCode = 1;
});
