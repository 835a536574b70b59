/**
 * A property of the whole quorum that must hold after every step. Each has a file of its own, tagged with its source.
 */
import type { LogBatch } from '../log-batch.ts';
import type { RaftCore } from '../raft-core.ts';

export interface MemberView {
  readonly name: string;
  /** Raised at every crash. */
  readonly life: number;
  readonly core: Pick<RaftCore, 'role' | 'log' | 'leaderId'>;
  /** What the member's log holds, from startOffset on. */
  readonly batches: readonly LogBatch[];
  readonly startOffset: number;
}

export interface Invariant {
  readonly name: string;
  /** Where it is stated: a section of the Raft paper, of the dissertation, or a KIP. */
  readonly source: string;
  /** Looks at the members that are up; says what is wrong, if something is. Remembers what it has seen. */
  check(members: readonly MemberView[]): string | undefined;
}

/** What a batch says, without its place. */
export function contentOf({ payload, controls }: LogBatch): string {
  if (payload.kind === 'values') return payload.values.map((value) => value.toString('base64')).join(',');
  if (payload.kind === 'encoded') return payload.bytes.toBuffer().toString('base64');
  return controls.map((control) => JSON.stringify(control)).join(',');
}
