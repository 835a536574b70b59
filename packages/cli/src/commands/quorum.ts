/** `tidelog quorum`: what Kafka's kafka-metadata-quorum does. */
import { zeroUuid } from '@tidelog/core';
import { AddRaftVoter, DescribeQuorum, RemoveRaftVoter, type ResponseOf } from '@tidelog/protocol';
import type { Command } from 'commander';
import { check, type Admin } from '../support/admin.ts';
import { wholeNumber, withAdmin, withCommonOptions, type CommonFlags } from '../support/common-options.ts';
import { printJson, printTable } from '../support/output.ts';

interface VoterFlags extends CommonFlags {
  readonly controllerId: string;
  readonly controllerDirectoryId: string;
}

interface AddFlags extends VoterFlags {
  readonly endpoint: string;
}

type Partition = ResponseOf<typeof DescribeQuorum>['topics'][number]['partitions'][number];

export function addQuorum(program: Command): void {
  const quorum = program.command('quorum').description('show and change the metadata quorum');
  withCommonOptions(
    quorum.command('describe').description('show leader, voters, observers and how far each is'),
  ).action((flags: CommonFlags) => withAdmin(flags, (admin) => describe(admin, flags)));
  withVoter(quorum.command('add-controller').description('make a controller a voter'))
    .requiredOption('--endpoint <name://host:port>', 'its controller listener')
    .action((flags: AddFlags) => withAdmin(flags, (admin) => add(admin, flags)));
  withVoter(quorum.command('remove-controller').description('take a voter out of the quorum')).action(
    (flags: VoterFlags) => withAdmin(flags, (admin) => remove(admin, flags)),
  );
}

function withVoter(command: Command): Command {
  return withCommonOptions(command)
    .requiredOption('--controller-id <id>', 'its node.id', wholeNumber)
    .requiredOption('--controller-directory-id <uuid>', 'its directory.id, as "tidelog storage info" shows it');
}

async function describe(admin: Admin, flags: CommonFlags): Promise<void> {
  const request = { topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] };
  const response = await admin.send(DescribeQuorum, request);
  check(response.errorCode, response.errorMessage, 'cannot describe the quorum');
  const partition = response.topics[0]?.partitions[0];
  if (partition === undefined) throw new Error('the answer lacks the metadata partition');
  check(partition.errorCode, partition.errorMessage, 'cannot describe the quorum');
  if (flags.json === true) return printJson(partition);
  const { leaderId, leaderEpoch, highWatermark } = partition;
  console.log(`Leader ${leaderId}   epoch ${leaderEpoch}   high watermark ${highWatermark}`);
  printMembers(partition);
}

function printMembers({ leaderId, currentVoters, observers, highWatermark }: Partition): void {
  const members = [
    ...currentVoters.map((member) => ({ ...member, role: member.replicaId === leaderId ? 'leader' : 'voter' })),
    ...observers.map((member) => ({ ...member, role: 'observer' })),
  ];
  printTable(members, [
    { title: 'NODE', value: ({ replicaId }) => replicaId, right: true },
    { title: 'ROLE', value: ({ role }) => role },
    { title: 'LOG END', value: ({ logEndOffset }) => logEndOffset, right: true },
    { title: 'LAG', value: ({ logEndOffset }) => Math.max(0, highWatermark - logEndOffset), right: true },
    { title: 'DIRECTORY', value: ({ replicaDirectoryId: id }) => (id === zeroUuid ? '' : id) },
  ]);
}

async function add(admin: Admin, flags: AddFlags): Promise<void> {
  const match = /^([^:]+):\/\/(\[[^\]]*\]|[^:]+):(\d+)$/.exec(flags.endpoint);
  if (match === null) throw new Error('--endpoint takes NAME://host:port');
  const [, name = '', host = '', port = ''] = match;
  const { errorCode, errorMessage } = await admin.send(AddRaftVoter, {
    clusterId: null,
    timeoutMs: Number(flags.timeout),
    voterId: Number(flags.controllerId),
    voterDirectoryId: flags.controllerDirectoryId,
    listeners: [{ name, host, port: Number(port) }],
  });
  check(errorCode, errorMessage, `cannot add controller ${flags.controllerId}`);
  console.log(`Controller ${flags.controllerId} is a voter.`);
}

async function remove(admin: Admin, flags: VoterFlags): Promise<void> {
  const { errorCode, errorMessage } = await admin.send(RemoveRaftVoter, {
    clusterId: null,
    voterId: Number(flags.controllerId),
    voterDirectoryId: flags.controllerDirectoryId,
  });
  check(errorCode, errorMessage, `cannot remove controller ${flags.controllerId}`);
  console.log(`Controller ${flags.controllerId} is no voter any more.`);
}
