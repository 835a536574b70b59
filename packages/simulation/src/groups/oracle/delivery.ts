/** Every record is given to the group at least once: whoever begins, begins where others have been, or next to it. */
import { Violation } from '../../violation.ts';

export class Delivery {
  readonly #groupId: string;
  /** By partition: everything below was given to some member. */
  readonly ends: number[] = [];

  constructor(groupId: string) {
    this.#groupId = groupId;
  }

  endOf(partition: number): number {
    return this.ends[partition] ?? 0;
  }

  onDelivered(partition: number, offset: number): void {
    const end = this.endOf(partition);
    if (offset > end) {
      throw new Violation(
        'record not delivered',
        `group ${this.#groupId}, partition ${partition}: ${offset} is delivered, ${end} never was`,
      );
    }
    if (offset === end) this.ends[partition] = end + 1;
  }
}
