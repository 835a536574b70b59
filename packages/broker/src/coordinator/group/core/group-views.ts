/** What ListGroups and DescribeGroups show of a group. */
import { ErrorCode, type DescribeGroups, type ListGroups, type ResponseInputOf } from '@tidelog/protocol';
import { emptyBytes, metadataOf, type ClassicGroup } from './classic/classic-group.ts';
import type { Group } from './group-host.ts';

export type ListedGroup = ResponseInputOf<typeof ListGroups>['groups'][number];
export type DescribedGroup = ResponseInputOf<typeof DescribeGroups>['groups'][number];

export function listedGroup(group: Group): ListedGroup {
  const { groupId } = group;
  if (group.kind === 'consumer') {
    return { groupId, protocolType: 'consumer', groupState: group.state, groupType: 'consumer' };
  }
  return { groupId, protocolType: group.protocolType ?? '', groupState: group.state, groupType: 'classic' };
}

export function describedClassic(groupId: string, group: Group | undefined): DescribedGroup {
  if (group === undefined || group.kind !== 'classic' || group.state === 'Dead') {
    const what = group?.kind === 'consumer' ? 'is not a classic group' : 'not found';
    return {
      errorCode: ErrorCode.GROUP_ID_NOT_FOUND,
      errorMessage: `Group ${groupId} ${what}.`,
      groupId,
      groupState: 'Dead',
      protocolType: '',
      protocolData: '',
      members: [],
    };
  }
  const isStable = group.state === 'Stable';
  return {
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? (group.protocolName ?? '') : '',
    members: membersOf(group, isStable),
  };
}

function membersOf(group: ClassicGroup, isStable: boolean): DescribedGroup['members'] {
  return Array.from(group.members.values(), (member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    memberMetadata: isStable ? metadataOf(member, group.protocolName) : emptyBytes,
    memberAssignment: isStable ? member.assignment : emptyBytes,
  }));
}
