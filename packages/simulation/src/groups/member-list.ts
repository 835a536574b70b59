/** Whom a group's coordinator takes for its members, asked again and again. */
import { ConsumerGroupDescribe, DescribeGroups, ErrorCode } from '@tidelog/protocol';
import type { SimClient } from '../workload/sim-client.ts';
import type { Answer, CoordinatorLink } from './coordinator-link.ts';
import type { GroupKind } from './group-settings.ts';

export interface MemberListOptions {
  readonly client: SimClient;
  readonly link: CoordinatorLink;
  readonly groupId: string;
  readonly kind: GroupKind;
}

const intervalMs = 500;

interface Described {
  readonly errorCode: number;
  readonly groupState: string;
  readonly members: readonly { readonly memberId: string }[];
}

export class MemberList {
  readonly #options: MemberListOptions;
  /** Of a stable group. */
  #memberIds: ReadonlySet<string> | undefined;

  constructor(options: MemberListOptions) {
    this.#options = options;
  }

  start(): void {
    const { client } = this.#options;
    client.spawn(async () => {
      for (;;) {
        this.#memberIds = await this.#ask();
        await client.sleep(intervalMs);
      }
    });
  }

  /** The group is stable, and has these members and no others. */
  isOf(memberIds: readonly string[]): boolean {
    const known = this.#memberIds;
    return known?.size === memberIds.length && memberIds.every((id) => known.has(id));
  }

  async #ask(): Promise<ReadonlySet<string> | undefined> {
    const { link } = this.#options;
    const answer = await this.#describe();
    const group = answer?.response.groups[0];
    if (answer === undefined || group === undefined) return undefined;
    if (group.errorCode !== ErrorCode.NONE) return void link.mustRetry(group.errorCode);
    // Who was the coordinator once describes the group as it was then.
    if (!answer.wasCurrent) return void link.mustRetry(ErrorCode.NOT_COORDINATOR);
    return group.groupState === 'Stable' ? new Set(group.members.map(({ memberId }) => memberId)) : undefined;
  }

  /** As what it is; a mixed group is what its members have made of it. */
  async #describe(): Promise<Answer<{ readonly groups: readonly Described[] }> | undefined> {
    const { link, groupId, kind } = this.#options;
    const channel = { channel: 'describe' };
    const includeAuthorizedOperations = false;
    if (kind === 'consumer' || kind === 'mixed') {
      const request = { groupIds: [groupId], includeAuthorizedOperations };
      const answer = await link.ask(ConsumerGroupDescribe, request, channel);
      const isOther = answer?.response.groups[0]?.errorCode === ErrorCode.GROUP_ID_NOT_FOUND;
      if (kind === 'consumer' || !isOther) return answer;
    }
    return await link.ask(DescribeGroups, { groups: [groupId], includeAuthorizedOperations }, channel);
  }
}
