/**
 * A whole cluster under virtual time: machines, network, the log lines of all nodes, and the one place where a broken
 * promise is reported. The first violation ends the run.
 */
import { shardBroke } from '@tidelog/broker';
import type { LogFields, SeededRandom } from '@tidelog/core';
import { LossBudget } from '../faults/loss-budget.ts';
import { Scheduler, type Owner } from '../scheduler.ts';
import { describeCluster } from '../oracle/describe-cluster.ts';
import { PartitionViews } from '../oracle/partition-views.ts';
import { ReplicationWatch } from '../oracle/replication-watch.ts';
import { Violation } from '../violation.ts';
import { Fabric } from '../world/sim-network.ts';
import { firstVotersOf, mountPointsOf, propertiesOf, type ClusterSettings } from './settings.ts';
import { SimNode, type NodeHost } from './sim-node.ts';

export interface LogLine {
  readonly time: number;
  /** 0: the simulation itself. */
  readonly node: number;
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

export interface SimClusterOptions {
  readonly random: SeededRandom;
  readonly settings: ClusterSettings;
  readonly onLine: (line: LogLine) => void;
}

const clusterId = 'c2ltdWxhdGlvbi1jbHVzdA';
/** A crystal is off by some millionths; a bad one by thousandths. */
const worstDrift = 0.002;

export class SimCluster {
  readonly scheduler = new Scheduler();
  readonly settings: ClusterSettings;
  readonly fabric: Fabric;
  readonly nodes: readonly SimNode[];
  readonly replication = new ReplicationWatch(this);
  readonly views = new PartitionViews(this);
  readonly budget: LossBudget;
  /** A bit of some replica's files has flipped, and nobody has repaired it yet: readers may come upon it. */
  rot: { readonly node: SimNode; readonly directory: string } | undefined;
  /** What hears of every node that serves. */
  onUp: (node: SimNode) => void = () => undefined;
  onStart: (node: SimNode) => void = () => undefined;
  /** What all nodes thought at the violation. */
  violationState = '';
  readonly #onLine: (line: LogLine) => void;
  #violation: Error | undefined;

  constructor({ random, settings, onLine }: SimClusterOptions) {
    this.settings = settings;
    this.#onLine = onLine;
    this.budget = new LossBudget(this);
    this.fabric = new Fabric(this.scheduler, random.fork());
    this.scheduler.onError = (error, owner) => this.fail(error, owner);
    const host: NodeHost = {
      scheduler: this.scheduler,
      fabric: this.fabric,
      clusterId,
      log: (line) => this.#line(line),
      onFatal: (node, error) => this.#onFatal(node, error),
      onUp: (node) => {
        this.replication.onUp(node);
        this.onUp(node);
      },
      onStart: (node) => this.onStart(node),
      onEnd: (node) => {
        this.replication.onEnd(node);
        this.views.onEnd(node);
        this.budget.onEnd(node);
      },
    };
    const firstVoters = firstVotersOf(settings, random);
    this.nodes = Array.from({ length: settings.brokers }, (_, i) => {
      return new SimNode({
        id: i + 1,
        texts: propertiesOf(i + 1, settings),
        firstVoters: firstVoters(i + 1),
        mountPoints: mountPointsOf(settings),
        random: random.fork(),
        wall: { offsetMs: (random.next() - 0.5) * 2000, drift: 1 + (random.next() - 0.5) * worstDrift },
        host,
      });
    });
  }

  /** The first promise that was broken, or error that nobody expected. */
  get violation(): Error | undefined {
    return this.#violation;
  }

  get upNodes(): SimNode[] {
    return this.nodes.filter(({ state }) => state === 'up');
  }

  note(message: string, fields: LogFields = {}): void {
    this.#line({ node: 0, level: 'info', message, fields });
  }

  /** What a client did, for --debug. */
  trace(message: string): void {
    this.#line({ node: 0, level: 'debug', message, fields: {} });
  }

  /** Ends the run. */
  fail(error: unknown, owner?: Owner): void {
    if (this.#violation !== undefined) return;
    if (error instanceof Violation) this.#violation = error;
    else {
      const where =
        owner === undefined ? 'the simulation' : owner.id < 100 ? `node ${owner.id}` : `client ${owner.id - 100}`;
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#violation = new Violation('uncaught error', `${where}: ${text}`);
    }
    this.violationState = describeCluster(this);
    this.note(`VIOLATION ${this.#violation.message}`);
  }

  /** Until the condition holds or so much time has passed; false for the latter. Ends early at a violation. */
  async runUntil(condition: () => boolean, withinMs: number): Promise<boolean> {
    const deadline = this.scheduler.now + withinMs;
    await this.scheduler.run({ deadline, until: () => this.#violation !== undefined || condition() });
    return condition();
  }

  #onFatal(node: SimNode, error: Error): void {
    this.note(`node ${node.id} ends by itself: ${error.message}`);
    if (node.excuses > 0 || (node.state === 'starting' && node.hasFullVolume)) return;
    this.fail(new Violation('a healthy node ended', `node ${node.id}: ${error.stack ?? error.message}`));
  }

  #line(line: Omit<LogLine, 'time'>): void {
    this.#onLine({ ...line, time: this.scheduler.now });
    if (line.message === shardBroke) this.#onBrokenShard(line);
  }

  /** It is loaded anew, so that clients may never notice: a bug all the same, unless a disk gave it wrong bytes. */
  #onBrokenShard({ node: id, fields }: Omit<LogLine, 'time'>): void {
    const node = this.nodes.find((each) => each.id === id);
    const hasExcuse = node === undefined || node.excuses > 0 || node.hasFullVolume || this.rot?.node === node;
    if (!hasExcuse) this.fail(new Violation('a coordinator broke', `node ${id}: ${JSON.stringify(fields)}`));
  }
}
