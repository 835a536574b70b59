/** The handlers of groups and committed offsets, bound to the group coordinator; the broker adds them to its list. */
import { bind, type BoundHandler } from '@tidelog/net';
import type { Authorizer } from '../authorizer.ts';
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts';
import { consumerGroupDescribe } from './consumer-group-describe.ts';
import { consumerGroupHeartbeat } from './consumer-group-heartbeat.ts';
import { deleteGroups } from './delete-groups.ts';
import { describeGroups } from './describe-groups.ts';
import { heartbeat } from './heartbeat.ts';
import { joinGroup } from './join-group.ts';
import { leaveGroup } from './leave-group.ts';
import { listGroups } from './list-groups.ts';
import { offsetCommit } from './offset-commit.ts';
import { offsetDelete } from './offset-delete.ts';
import { offsetFetch } from './offset-fetch.ts';
import { syncGroup } from './sync-group.ts';

export interface GroupDeps {
  readonly coordinator: GroupCoordinator;
  readonly authorizer: Authorizer;
}

export function groupHandlers(deps: GroupDeps): BoundHandler[] {
  return [
    bind(joinGroup, deps),
    bind(syncGroup, deps),
    bind(heartbeat, deps),
    bind(leaveGroup, deps),
    bind(offsetCommit, deps),
    bind(offsetFetch, deps),
    bind(offsetDelete, deps),
    bind(deleteGroups, deps),
    bind(listGroups, deps),
    bind(describeGroups, deps),
    bind(consumerGroupHeartbeat, deps),
    bind(consumerGroupDescribe, deps),
  ];
}
