/** `tidelog cluster` and `tidelog brokers`: what the cluster is made of. */
import { DescribeCluster, UnregisterBroker, type ResponseOf } from '@tidelog/protocol';
import type { Command } from 'commander';
import { check, type Admin } from '../support/admin.ts';
import { wholeNumber, withAdmin, withCommonOptions, type CommonFlags } from '../support/common-options.ts';
import { printJson, printTable } from '../support/output.ts';

export function addCluster(program: Command): void {
  const cluster = program.command('cluster').description('tell about the cluster, remove a broker from it');
  withCommonOptions(cluster.command('id').description('print the id of the cluster')).action((flags: CommonFlags) =>
    withAdmin(flags, async (admin) => console.log((await describeCluster(admin)).clusterId)),
  );
  withCommonOptions(cluster.command('describe').description('show the brokers')).action((flags: CommonFlags) =>
    withAdmin(flags, (admin) => describe(admin, flags)),
  );
  withCommonOptions(cluster.command('unregister').description('forget a broker that is gone for good'))
    .requiredOption('--id <broker>', 'its node.id', wholeNumber)
    .action((flags: CommonFlags & { id: string }) => withAdmin(flags, (admin) => unregister(admin, Number(flags.id))));
}

export function addBrokers(program: Command): void {
  const brokers = program.command('brokers').description('show the brokers of the cluster');
  withCommonOptions(brokers.command('list').description('show every broker, fenced ones too')).action(
    (flags: CommonFlags) => withAdmin(flags, (admin) => describe(admin, flags)),
  );
}

async function describeCluster(admin: Admin): Promise<ResponseOf<typeof DescribeCluster>> {
  const response = await admin.send(DescribeCluster, {
    includeClusterAuthorizedOperations: false,
    includeFencedBrokers: true,
  });
  check(response.errorCode, response.errorMessage, 'cannot describe the cluster');
  return response;
}

async function describe(admin: Admin, flags: CommonFlags): Promise<void> {
  const { clusterId, brokers } = await describeCluster(admin);
  if (flags.json === true) return printJson({ clusterId, brokers });
  console.log(`Cluster ${clusterId}`);
  printTable(
    brokers.toSorted((a, b) => a.brokerId - b.brokerId),
    [
      { title: 'BROKER', value: ({ brokerId }) => brokerId, right: true },
      { title: 'ADDRESS', value: ({ host, port }) => `${host}:${port}` },
      { title: 'RACK', value: ({ rack }) => rack ?? '' },
      { title: 'STATE', value: ({ isFenced }) => (isFenced ? 'fenced' : 'serving') },
    ],
  );
}

async function unregister(admin: Admin, brokerId: number): Promise<void> {
  const { errorCode, errorMessage } = await admin.send(UnregisterBroker, { brokerId });
  check(errorCode, errorMessage, `cannot unregister broker ${brokerId}`);
  console.log(`Broker ${brokerId} is no longer registered.`);
}
