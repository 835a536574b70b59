/** `tidelog configs`: what Kafka's kafka-configs does for topics, brokers, groups and client-metrics subscriptions. */
import { DescribeConfigs, IncrementalAlterConfigs } from '@tidelog/protocol';
import type { Command } from 'commander';
import { check, type Admin } from '../support/admin.ts';
import { collect, keyValues, withAdmin, withCommonOptions, type CommonFlags } from '../support/common-options.ts';
import { printJson, printTable } from '../support/output.ts';

interface EntityFlags extends CommonFlags {
  readonly entityType: string;
  readonly entityName?: string;
  readonly entityDefault?: boolean;
}

interface AlterFlags extends EntityFlags {
  readonly addConfig: string[];
  readonly deleteConfig: string[];
}

const resourceTypes: Readonly<Record<string, number>> = { topics: 2, brokers: 4, 'client-metrics': 16, groups: 32 };
const set = 0;
const remove = 1;
const sources = [
  '',
  'topic',
  'broker',
  'all brokers',
  'server.properties',
  'default',
  'logger',
  'subscription',
  'group',
];

export function addConfigs(program: Command): void {
  const configs = program
    .command('configs')
    .description('show and change the configuration of topics, brokers and groups');
  withEntity(configs.command('describe').description('show configuration; only what was set unless --all'))
    .option('--all', 'also what is at its default')
    .addHelpText('after', '\nExample:\n  tidelog configs describe --entity-type topics --entity-name orders --all')
    .action((flags: EntityFlags & { all?: boolean }) => withAdmin(flags, (admin) => describe(admin, flags)));
  withEntity(configs.command('alter').description('set or remove configuration'))
    .option('--add-config <key=value>', 'set a key (repeatable)', collect, [])
    .option('--delete-config <key>', 'remove a key, so that its default counts (repeatable)', collect, [])
    .addHelpText(
      'after',
      '\nExample:\n  tidelog configs alter --entity-type topics --entity-name orders --add-config retention.ms=3600000',
    )
    .action((flags: AlterFlags) => withAdmin(flags, (admin) => alter(admin, flags)));
}

function withEntity(command: Command): Command {
  return withCommonOptions(command)
    .requiredOption('--entity-type <type>', Object.keys(resourceTypes).join(', '))
    .option('--entity-name <name>', "the topic's or group's name, the broker's id")
    .option('--entity-default', 'the default of all brokers');
}

function resourceOf(flags: EntityFlags): { resourceType: number; resourceName: string } {
  const resourceType = resourceTypes[flags.entityType];
  if (resourceType === undefined) {
    throw new Error(`--entity-type is one of ${Object.keys(resourceTypes).join(', ')}, not "${flags.entityType}"`);
  }
  const resourceName = flags.entityDefault === true ? '' : flags.entityName;
  if (resourceName === undefined) throw new Error('--entity-name says which one (or --entity-default: all brokers)');
  return { resourceType, resourceName };
}

async function describe(admin: Admin, flags: EntityFlags & { all?: boolean }): Promise<void> {
  const resource = { ...resourceOf(flags), configurationKeys: null };
  const { results } = await admin.send(DescribeConfigs, { resources: [resource], includeDocumentation: true });
  const result = results[0];
  if (result === undefined) throw new Error('the broker answered with no result');
  check(result.errorCode, result.errorMessage, `cannot describe ${flags.entityType} ${resource.resourceName}`);
  const isDefault = (source: number): boolean => source === 5 || (source === 4 && flags.entityType !== 'brokers');
  const shown = result.configs.filter(({ configSource }) => flags.all === true || !isDefault(configSource));
  if (flags.json === true) return printJson(shown);
  if (shown.length === 0) return console.log('Nothing was set; --all shows the defaults.');
  printTable(shown, [
    { title: 'KEY', value: ({ name }) => name },
    { title: 'VALUE', value: ({ value, isSensitive }) => (isSensitive ? '(hidden)' : (value ?? 'null')) },
    { title: 'FROM', value: ({ configSource }) => sources[configSource] ?? '' },
    { title: 'MEANING', value: ({ documentation }) => documentation ?? '' },
  ]);
}

async function alter(admin: Admin, flags: AlterFlags): Promise<void> {
  const configs = [
    ...keyValues(flags.addConfig, '--add-config').map((pair) => ({ ...pair, configOperation: set })),
    ...flags.deleteConfig.map((name) => ({ name, value: null, configOperation: remove })),
  ];
  if (configs.length === 0) throw new Error('nothing to change: give --add-config or --delete-config');
  const resource = { ...resourceOf(flags), configs };
  const { responses } = await admin.send(IncrementalAlterConfigs, { resources: [resource], validateOnly: false });
  const response = responses[0];
  check(response?.errorCode ?? 0, response?.errorMessage, `cannot change ${flags.entityType} ${resource.resourceName}`);
  console.log('Changed.');
}
