/** Who speaks, as the oracle knows it: one life of one consumer process. */
export interface GroupMember {
  readonly groupId: string;
  /** Of the process, for messages. */
  readonly name: string;
  readonly isClassic: boolean;
  readonly instanceId: string | null;
  memberId: string;
  /** Generation or member epoch. */
  epoch: number;
}

export function nameOfMember({ name, memberId, epoch }: GroupMember): string {
  return `${name} (${memberId === '' ? 'no id yet' : memberId}, at ${epoch})`;
}
