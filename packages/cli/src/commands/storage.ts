/** `tidelog storage`: what Kafka's kafka-storage does: ids, formatting, what is formatted. */
import { readFileSync } from 'node:fs';
import { createNodeWorld, randomUuid } from '@tidelog/core';
import {
  collectProperties,
  formatNode,
  nodeConfigOf,
  parseVoters,
  readIdentity,
  supportedFeatures,
  type FirstVoters,
  type NodeConfig,
} from '@tidelog/server';
import type { Command } from 'commander';
import { collect } from '../support/common-options.ts';
import { wantedLevels, type FeatureLevel } from '../support/feature-levels.ts';

interface FormatFlags {
  readonly config: string;
  readonly clusterId: string;
  readonly ignoreFormatted?: boolean;
  readonly standalone?: boolean;
  /** false: --no-initial-controllers. */
  readonly initialControllers?: string | false;
  readonly feature: string[];
  readonly releaseVersion?: string;
  readonly addScram?: string;
}

export function addStorage(program: Command): void {
  const storage = program.command('storage').description('format log directories and tell what they belong to');
  storage
    .command('random-uuid')
    .description('print a new id for a cluster or a directory')
    .action(() => console.log(randomUuid(createNodeWorld().random)));
  storage
    .command('format')
    .description('write meta.properties into every log directory, and who the first voters of a dynamic quorum are')
    .requiredOption('-c, --config <file>', 'server.properties')
    .requiredOption('-t, --cluster-id <id>', 'the cluster, as printed by "tidelog storage random-uuid"')
    .option('-g, --ignore-formatted', 'leave directories that are formatted already')
    .option('-s, --standalone', 'a dynamic quorum that begins with this controller as its only voter')
    .option('-I, --initial-controllers <list>', 'a dynamic quorum that begins with id@host:port:directoryId[,...]')
    .option('-N, --no-initial-controllers', 'a controller that joins a dynamic quorum')
    .option('-f, --feature <name=level>', 'a level that the cluster has to begin with (repeatable)', collect, [])
    .option('-r, --release-version <release>', 'the release of Kafka whose levels the cluster has to begin with')
    .option('-S, --add-scram <credentials>', 'refused: this version has no SCRAM')
    .addHelpText('after', '\nExample:\n  tidelog storage format -t $(tidelog storage random-uuid) -c server.properties')
    .action(format);
  storage
    .command('info')
    .description('show what the log directories belong to')
    .requiredOption('-c, --config <file>', 'server.properties')
    .option('--json', 'print JSON')
    .action(info);
}

async function format(flags: FormatFlags): Promise<void> {
  const world = createNodeWorld();
  const config = readConfig(flags.config);
  const { nodeId, logDirs, metadataLogDir } = config;
  const firstVoters = firstVotersOf(flags, config);
  if (flags.addScram !== undefined) {
    throw new Error('--add-scram: this version has no SCRAM, so that credentials would protect nothing');
  }
  checkFirstLevels(wantedLevels(flags), { 'kraft.version': config.quorum.kind === 'static' ? 0 : 1 });
  const directories = [...new Set([...logDirs, metadataLogDir])];
  const formatted = directories.filter((path) => readIdentity(world.disk, path) !== undefined);
  if (formatted.length > 0 && flags.ignoreFormatted !== true) {
    throw new Error(`${formatted.join(', ')} is formatted already: use --ignore-formatted to leave it as it is`);
  }
  const { identities, failed } = await formatNode({ world, config, clusterId: flags.clusterId, firstVoters });
  for (const { path, error } of failed) throw new Error(`cannot format ${path}: ${error.code}`);
  for (const { path, directoryId } of identities) {
    console.log(`${path}: cluster ${flags.clusterId}, node ${nodeId}, directory ${directoryId}`);
  }
}

/** A cluster begins with the highest levels. What asks for others must not be taken for done. */
function checkFirstLevels(wanted: readonly FeatureLevel[], own: Readonly<Record<string, number>>): void {
  for (const { feature, level } of wanted) {
    const supported = supportedFeatures.find(({ name }) => name === feature);
    if (supported === undefined) throw new Error(`there is no feature ${feature}`);
    const first = own[feature] ?? supported.maxSupportedVersion;
    if (level === first) continue;
    throw new Error(
      `a new cluster begins with ${feature} ${first}, not ${level}: ` +
        'change it when the cluster runs, with "tidelog features"',
    );
  }
}

function firstVotersOf({ standalone, initialControllers }: FormatFlags, config: NodeConfig): FirstVoters {
  const given = [standalone === true, initialControllers !== undefined].filter(Boolean).length;
  if (given > 1) throw new Error('give one of --standalone, --initial-controllers and --no-initial-controllers');
  if (given === 0 && config.isController && config.quorum.kind === 'bootstrap') {
    throw new Error(
      'the quorum is dynamic (controller.quorum.voters is not set): give --standalone or --initial-controllers for ' +
        'its first voters, --no-initial-controllers for a controller that joins',
    );
  }
  if (standalone === true) return { kind: 'standalone' };
  if (initialControllers === undefined || initialControllers === false) return { kind: 'none' };
  return { kind: 'initialControllers', voters: parseVoters(initialControllers, '--initial-controllers') };
}

function info(flags: { config: string; json?: boolean }): void {
  const { disk } = createNodeWorld();
  const { logDirs, metadataLogDir } = readConfig(flags.config);
  const found = [...new Set([...logDirs, metadataLogDir])].map((path) => ({
    path,
    ...(readIdentity(disk, path) ?? { clusterId: null, nodeId: null, directoryId: null }),
  }));
  if (flags.json === true) return console.log(JSON.stringify(found, null, 2));
  for (const { path, clusterId, nodeId, directoryId } of found) {
    console.log(
      clusterId === null
        ? `${path}: not formatted`
        : `${path}: cluster ${clusterId}, node ${nodeId}, directory ${directoryId}`,
    );
  }
}

function readConfig(file: string): ReturnType<typeof nodeConfigOf> {
  return nodeConfigOf(collectProperties({ file: readFileSync(file, 'utf8'), environment: process.env }));
}
