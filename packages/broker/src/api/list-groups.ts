/** ListGroups v0-5: the groups that this broker coordinates, by state (v4) and type (v5) in any letter case. */
import { handler } from '@tidelog/net';
import { ListGroups, type RequestOf } from '@tidelog/protocol';
import { clusterResource } from '../authorizer.ts';
import { mayOnGroup } from './group-authorization.ts';
import type { GroupDeps } from './group-handlers.ts';

export const listGroups = handler(
  ListGroups,
  [0, 5],
  async ({ coordinator, authorizer }: GroupDeps, request: RequestOf<typeof ListGroups>, context) => {
    const { groups, error } = await coordinator.list();
    const states = new Set(request.statesFilter.map((state) => state.toLowerCase()));
    const types = new Set(request.typesFilter.map((type) => type.toLowerCase()));
    const seesAll = authorizer.allowsAll || authorizer.authorize(context, 'DESCRIBE', clusterResource);
    const shown = groups.filter(({ groupId, groupState = '', groupType = '' }) => {
      const isAsked =
        (states.size === 0 || states.has(groupState.toLowerCase())) &&
        (types.size === 0 || types.has(groupType.toLowerCase()));
      return isAsked && (seesAll || mayOnGroup(authorizer, context, { operation: 'DESCRIBE', groupId }));
    });
    return { errorCode: error, groups: shown };
  },
);
