/**
 * What must hold across the voter sets of a dynamic quorum (KIP-853, Raft dissertation 4), by what each member's core
 * says of its log:
 *
 *  - voter sets: there is one history of committed voter sets, and those that follow each other differ by one voter, so
 *    that their majorities meet; a leader has at most one that is not committed
 *  - committed by a majority: what a leader says is committed is on stable storage of a majority of the voters, who
 *    does not vote any more not among them
 */
import { voterChangeSafety, type RaftNode } from '@tidelog/raft';
import type { SimCluster } from '../cluster/sim-cluster.ts';
import type { SimNode } from '../cluster/sim-node.ts';
import { voterName } from '../cluster/voters.ts';
import { Violation } from '../violation.ts';

type Core = NonNullable<ReturnType<RaftNode['inspect']>>;
type VoterSet = Core['log']['voters'];

interface Committed {
  /** From here on these were the voters. */
  readonly offset: number;
  readonly names: readonly string[];
}

export class VoterWatch {
  readonly #cluster: SimCluster;
  /** By offset. */
  readonly #history: Committed[] = [];
  readonly #changeSafety = voterChangeSafety();

  constructor(cluster: SimCluster) {
    this.#cluster = cluster;
  }

  /** Every change is seen when it is committed: the log forgets voter sets that others have replaced. */
  onUp(node: SimNode): void {
    if (this.#cluster.settings.quorum === 'static') return;
    node.node?.raft.subscribe({
      onCommitted: () => this.#lookAt(node),
      onSnapshot: () => undefined,
      onLeaderChange: () => undefined,
    });
  }

  look(): void {
    if (this.#cluster.settings.quorum === 'static') return;
    for (const node of this.#cluster.nodes) this.#lookAt(node);
  }

  #lookAt(node: SimNode): void {
    const core = node.node?.raft.inspect();
    if (core === undefined) return;
    this.#lookAtHistory(node, core);
    const { role } = core.role;
    if (role === 'leader') this.#lookAtChange(node, core);
    // One that was removed commits that as its last act.
    if (role === 'leader' || role === 'resigned') this.#lookAtCommit(node, core.log);
  }

  #lookAtHistory(node: SimNode, { log }: Core): void {
    let { offset, value } = log.voterSets.before(log.highWatermark);
    // Before kraft.version 1 the voters are the configuration's, whatever disks they have.
    while (offset >= 0 && value.voters.every(({ id }) => value.isDirectoryKnown(id))) {
      this.#record(node, { offset, names: value.voters.map(voterName) });
      const before = log.voterSets.before(offset);
      if (before.offset >= offset) return;
      ({ offset, value } = before);
    }
  }

  #record(node: SimNode, found: Committed): void {
    const at = this.#history.findIndex(({ offset }) => offset >= found.offset);
    const index = at < 0 ? this.#history.length : at;
    const known = this.#history[index];
    if (known?.offset === found.offset) {
      if (known.names.join() !== found.names.join()) {
        this.#fail(`node ${node.id} committed ${describe(found)}; before: ${describe(known)}`);
      }
      return;
    }
    for (const neighbour of [this.#history[index - 1], known]) {
      if (neighbour === undefined || difference(neighbour, found) <= 1) continue;
      this.#fail(`node ${node.id} committed ${describe(found)}, beside ${describe(neighbour)}`);
    }
    this.#history.splice(index, 0, found);
  }

  #lookAtChange(node: SimNode, core: Core): void {
    const view = { name: `node ${node.id}`, life: node.life, core, batches: [], startOffset: core.log.startOffset };
    const unsafe = this.#changeSafety.check([view]);
    if (unsafe !== undefined) this.#fail(unsafe);
  }

  #lookAtCommit(node: SimNode, { voterSets, highWatermark }: Core['log']): void {
    // Before that it may have been another set's majority.
    if (highWatermark <= voterSets.latest.offset) return;
    const voters = voterSets.latest.value;
    const lacking = this.#lacking(voters, highWatermark);
    if (lacking.length <= voters.size - voters.majority) return;
    const said = `node ${node.id} says that ${highWatermark} is committed`;
    const detail = `${said}; of ${voters.size} voters ${lacking.join(', ')}`;
    this.#cluster.fail(new Violation('committed by a majority', detail));
  }

  /** The voters that cannot have everything below the offset; one that is down may. */
  #lacking(voters: VoterSet, highWatermark: number): string[] {
    return voters.voters.flatMap(({ id, directoryId }) => {
      const member = this.#cluster.nodes.find((node) => node.id === id && node.directoryId === directoryId);
      const log = member?.node?.raft.inspect()?.log;
      if (log === undefined || log.syncedOffset >= highWatermark) return [];
      return [`${id} has ${log.syncedOffset}`];
    });
  }

  #fail(message: string): void {
    this.#cluster.fail(new Violation('voter sets', message));
  }
}

function describe({ offset, names }: Committed): string {
  return `${names.join(' ')} at ${offset}`;
}

/** How many voters joined or left. */
function difference(one: Committed, other: Committed): number {
  const only = (from: Committed, to: Committed): number => from.names.filter((name) => !to.names.includes(name)).length;
  return only(one, other) + only(other, one);
}
