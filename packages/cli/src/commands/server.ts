/** `tidelog server`: one node, in the foreground, until SIGTERM or SIGINT. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import {
  collectProperties,
  createLogger,
  logLevelOf,
  MetricsRegistry,
  TidelogNode,
  type ServerLogger,
} from '@tidelog/server';
import { createNodeWorld } from '@tidelog/core';
import type { Command } from 'commander';

interface ServerFlags {
  readonly override: string[];
  readonly format: boolean;
  readonly clusterId?: string;
}

/** A start that takes longer has something to say. */
const logDueAfterMs = 1000;

export function addServer(program: Command): void {
  program
    .command('server')
    .description('run one node: broker, controller or both')
    .argument(
      '[server.properties]',
      'settings, under the keys of Kafka; KAFKA_* variables and --override win over them',
    )
    .option('--override <key=value>', 'set one key (repeatable)', (value: string, all: string[]) => [...all, value], [])
    .option('--no-format', 'refuse to start on storage that is not formatted')
    .option('--cluster-id <id>', 'format new storage for this cluster (or set CLUSTER_ID)')
    .addHelpText('after', '\nExample:\n  tidelog server config/server.properties --override node.id=2')
    .action(runServer);
}

export async function runServer(file: string | undefined, flags: ServerFlags): Promise<void> {
  collectLessOften();
  const texts = collectProperties({
    ...(file === undefined ? {} : { file: readFileSync(file, 'utf8') }),
    environment: process.env,
    overrides: flags.override,
  });
  const logger = createLogger({ level: logLevelOf(texts), base: { node: Number(texts.get('node.id') ?? -1) } });
  const signal = stopSignal(logger);
  try {
    const start = TidelogNode.start({
      world: createNodeWorld(),
      texts,
      logger,
      metrics: new MetricsRegistry(),
      format: flags.format,
      clusterId: flags.clusterId ?? process.env['CLUSTER_ID'],
      signal,
      onFatal: (error) => void die(logger, error),
    });
    const openLog = setTimeout(() => void logger.open(), logDueAfterMs);
    const node = await start;
    clearTimeout(openLog);
    await logger.open();
    if (!signal.aborted) await once(signal, 'abort');
    await node.stop();
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) await die(logger, error);
  }
  await logger.open();
  process.exit(0);
}

/**
 * What a broker receives lies outside V8's heap and counts towards its limits. With a heap as small as ours the default
 * growth means a full collection for every 20 MB or so received. With room for four times what survived, CPU per GiB
 * fell by a third. To let what lies outside grow as well (V8's external-memory flags) saves another tenth, and costs
 * 200 MiB while clients do not read their responses: not worth it.
 */
function collectLessOften(): void {
  setFlagsFromString('--heap-growing-percent=300');
}

/**
 * Aborted by the first SIGTERM or SIGINT, from the first moment on: a process that is number 1 in its container would
 * otherwise ignore a signal that comes while it starts.
 */
function stopSignal(logger: ServerLogger): AbortSignal {
  const stopping = new AbortController();
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping.signal.aborted) return;
    logger.info({ signal }, 'stopping');
    stopping.abort();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  return stopping.signal;
}

async function die(logger: ServerLogger, error: unknown): Promise<void> {
  logger.error({ err: error }, error instanceof Error ? error.message : String(error));
  await logger.open();
  process.exit(1);
}
