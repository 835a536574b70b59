/** `tidelog storage`: what Kafka's kafka-storage does: ids, formatting, what is formatted. */
import { readFileSync } from 'node:fs';
import { createNodeWorld, randomUuid } from '@tidelog/core';
import { collectProperties, formatStorage, nodeConfigOf, readIdentity } from '@tidelog/server';
import type { Command } from 'commander';

interface FormatFlags {
  readonly config: string;
  readonly clusterId: string;
  readonly ignoreFormatted?: boolean;
}

export function addStorage(program: Command): void {
  const storage = program.command('storage').description('format log directories and tell what they belong to');
  storage
    .command('random-uuid')
    .description('print a new id for a cluster or a directory')
    .action(() => console.log(randomUuid(createNodeWorld().random)));
  storage
    .command('format')
    .description('write meta.properties into every log directory')
    .requiredOption('-c, --config <file>', 'server.properties')
    .requiredOption('-t, --cluster-id <id>', 'the cluster, as printed by "tidelog storage random-uuid"')
    .option('-g, --ignore-formatted', 'leave directories that are formatted already')
    .addHelpText('after', '\nExample:\n  tidelog storage format -t $(tidelog storage random-uuid) -c server.properties')
    .action(format);
  storage
    .command('info')
    .description('show what the log directories belong to')
    .requiredOption('-c, --config <file>', 'server.properties')
    .option('--json', 'print JSON')
    .action(info);
}

function format(flags: FormatFlags): void {
  const { disk, random } = createNodeWorld();
  const { nodeId, logDirs, metadataLogDir } = readConfig(flags.config);
  const directories = [...new Set([...logDirs, metadataLogDir])];
  const formatted = directories.filter((path) => readIdentity(disk, path) !== undefined);
  if (formatted.length > 0 && flags.ignoreFormatted !== true) {
    throw new Error(`${formatted.join(', ')} is formatted already: use --ignore-formatted to leave it as it is`);
  }
  const { identities, failed } = formatStorage({
    disk,
    random,
    nodeId,
    logDirs: directories,
    clusterId: flags.clusterId,
  });
  for (const { path, error } of failed) throw new Error(`cannot format ${path}: ${error.code}`);
  for (const { path, directoryId } of identities) {
    console.log(`${path}: cluster ${flags.clusterId}, node ${nodeId}, directory ${directoryId}`);
  }
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
