/**
 * `tidelog features`: what Kafka's kafka-features does: shows the levels of the cluster's features, raises and lowers
 * them. All features of one command change together, or none does.
 */
import { ApiVersions, UpdateFeatures } from '@tidelog/protocol';
import type { Command } from 'commander';
import { check, type Admin } from '../support/admin.ts';
import { collect, withAdmin, withCommonOptions, type CommonFlags } from '../support/common-options.ts';
import { wantedLevels, type FeatureLevel } from '../support/feature-levels.ts';
import { metadataVersionName } from '../support/metadata-versions.ts';
import { printJson, printTable } from '../support/output.ts';

interface ChangeFlags extends CommonFlags {
  readonly feature: string[];
  readonly releaseVersion?: string;
  readonly unsafe?: boolean;
  readonly dryRun?: boolean;
}

const UpgradeType = { upgrade: 1, safeDowngrade: 2, unsafeDowngrade: 3 } as const;

export function addFeatures(program: Command): void {
  const features = program.command('features').description('show, raise and lower the levels of features');
  withCommonOptions(features.command('describe').description('show what is supported, and what is in force')).action(
    (flags: CommonFlags) => withAdmin(flags, (admin) => describe(admin, flags)),
  );
  withChangeOptions(features.command('upgrade').description('raise features'))
    .addHelpText('after', '\nExample:\n  tidelog features upgrade --release-version 4.3')
    .action((flags: ChangeFlags) => change(flags, neededLevels(flags), UpgradeType.upgrade));
  withChangeOptions(features.command('downgrade').description('lower features'))
    .option('--unsafe', 'also where metadata may be lost')
    .action((flags: ChangeFlags) => change(flags, neededLevels(flags), downgradeType(flags)));
  withCommonOptions(features.command('disable').description('lower features to 0, which turns them off'))
    .requiredOption('--feature <name>', 'which (repeatable)', collect, [])
    .option('--unsafe', 'also where metadata may be lost')
    .option('--dry-run', 'only say whether it would be done')
    .action((flags: ChangeFlags) => {
      const levels = flags.feature.map((feature) => ({ feature, level: 0 }));
      return change(flags, levels, downgradeType(flags));
    });
}

function withChangeOptions(command: Command): Command {
  return withCommonOptions(command)
    .option('--feature <name=level>', 'which, and to what (repeatable)', collect, [])
    .option('--release-version <release>', 'all features to the levels of that release of Kafka, such as 4.3')
    .option('--dry-run', 'only say whether it would be done');
}

const downgradeType = ({ unsafe }: ChangeFlags): number =>
  unsafe === true ? UpgradeType.unsafeDowngrade : UpgradeType.safeDowngrade;

function neededLevels(flags: ChangeFlags): FeatureLevel[] {
  const levels = wantedLevels(flags);
  if (levels.length === 0) throw new Error('say either --feature name=level or --release-version');
  return levels;
}

async function describe(admin: Admin, flags: CommonFlags): Promise<void> {
  const response = await admin.send(ApiVersions, { clientSoftwareName: 'tidelog-cli', clientSoftwareVersion: '0.1.0' });
  check(response.errorCode, null, 'cannot ask for the features');
  const { supportedFeatures, finalizedFeatures, finalizedFeaturesEpoch: epoch } = response;
  const rows = supportedFeatures.map(({ name, minVersion, maxVersion }) => {
    const level = finalizedFeatures.find((finalized) => finalized.name === name)?.maxVersionLevel ?? 0;
    return { feature: name, minVersion, maxVersion, level };
  });
  if (flags.json === true) return printJson({ epoch, features: rows });
  printTable(
    rows.toSorted((a, b) => a.feature.localeCompare(b.feature)),
    [
      { title: 'FEATURE', value: ({ feature }) => feature },
      { title: 'LOWEST', value: ({ feature, minVersion }) => levelName(feature, minVersion) },
      { title: 'HIGHEST', value: ({ feature, maxVersion }) => levelName(feature, maxVersion) },
      { title: 'IN FORCE', value: ({ feature, level }) => levelName(feature, level) },
      { title: 'EPOCH', value: () => epoch, right: true },
    ],
  );
}

async function change(flags: ChangeFlags, levels: readonly FeatureLevel[], upgradeType: number): Promise<void> {
  await withAdmin(flags, async (admin) => {
    const validateOnly = flags.dryRun === true;
    const { errorCode, errorMessage } = await admin.send(UpdateFeatures, {
      timeoutMs: Number(flags.timeout),
      featureUpdates: levels.map(({ feature, level }) => ({ feature, maxVersionLevel: level, upgradeType })),
      validateOnly,
    });
    check(errorCode, errorMessage, 'no feature was changed');
    for (const { feature, level } of levels) {
      console.log(`${feature} ${validateOnly ? 'can be set' : 'is set'} to ${levelName(feature, level)}.`);
    }
  });
}

function levelName(feature: string, level: number): string {
  const name = feature === 'metadata.version' ? metadataVersionName(level) : undefined;
  return name === undefined ? String(level) : `${level} (${name})`;
}
