/** Whom a group's coordinator takes for its members, asked again and again. */
import { ConsumerGroupDescribe, DescribeGroups, ErrorCode } from '@tidelog/protocol';
import type { SimClient } from '../workload/sim-client.ts';
import type { CoordinatorLink } from './coordinator-link.ts';

export interface MemberListOptions {
  readonly client: SimClient;
  readonly link: CoordinatorLink;
  readonly groupId: string;
  readonly isClassic: boolean;
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
    const { link, groupId, isClassic } = this.#options;
    const channel = { channel: 'describe' };
    const includeAuthorizedOperations = false;
    const answer = isClassic
      ? await link.ask(DescribeGroups, { groups: [groupId], includeAuthorizedOperations }, channel)
      : await link.ask(ConsumerGroupDescribe, { groupIds: [groupId], includeAuthorizedOperations }, channel);
    const group: Described | undefined = answer?.response.groups[0];
    if (answer === undefined || group === undefined) return undefined;
    if (group.errorCode !== ErrorCode.NONE) return void link.mustRetry(group.errorCode);
    // Who was the coordinator once describes the group as it was then.
    if (!answer.wasCurrent) return void link.mustRetry(ErrorCode.NOT_COORDINATOR);
    return group.groupState === 'Stable' ? new Set(group.members.map(({ memberId }) => memberId)) : undefined;
  }
}
