/**
 * One machine with one Tidelog process on it: production code, unmodified, in a world of its own per life. It can be
 * started, stopped in good order, killed, cut off from power, paused and resumed. A process that cannot go on, or
 * cannot start, is started again after a while, as a supervisor would.
 *
 *   down ─start─▶ starting ─▶ up ─stop─▶ stopping ─▶ down
 *                    └──── kill, power loss, fatal ────▶ down
 */
import type { LogFields, Millis, SeededRandom, Uuid, World } from '@tidelog/core';
import {
  formatNode,
  MetricsRegistry,
  nodeConfigOf,
  readIdentity,
  TidelogNode,
  type FirstVoters,
  type Properties,
  type ServerLogger,
} from '@tidelog/server';
import { createOwner, type Owner, type Scheduler } from '../scheduler.ts';
import { Volume } from '../world/sim-disk.ts';
import type { Fabric } from '../world/sim-network.ts';
import { createSimWorld } from '../world/sim-world.ts';
import { epochMs, type WallClock } from '../world/sim-timers.ts';
import { controllers, metadataVolume } from './settings.ts';

export type NodeState = 'down' | 'starting' | 'up' | 'stopping';

export interface NodeHost {
  readonly scheduler: Scheduler;
  readonly fabric: Fabric;
  readonly clusterId: string;
  log(line: { readonly node: number; readonly level: string; readonly message: string; fields: LogFields }): void;
  /** The process ended by itself. */
  onFatal(node: SimNode, error: Error): void;
  onUp(node: SimNode): void;
  /** A life is about to begin on what the disks hold. */
  onStart(node: SimNode): void;
  /** A life is about to end. */
  onEnd(node: SimNode): void;
}

export interface SimNodeOptions {
  readonly id: number;
  readonly texts: Properties;
  readonly mountPoints: readonly string[];
  /** What the machine is formatted with before its first start; undefined: the first start formats it. */
  readonly firstVoters: FirstVoters | undefined;
  readonly random: SeededRandom;
  readonly wall: WallClock;
  readonly host: NodeHost;
}

const restartMs: Millis = 400;

export class SimNode {
  readonly id: number;
  readonly hostName: string;
  readonly wall: WallClock;
  readonly volumes: readonly Volume[];
  /** Raised with every life. */
  life = 0;
  state: NodeState = 'down';
  /** Faults of its disks at present that may end the process or keep it from starting. */
  excuses = 0;
  /** Started again by itself after it ended. */
  supervised = true;
  /** This life began on a full disk: what could not be opened then stays offline until the next one. */
  startedFull = false;
  readonly #options: SimNodeOptions;
  readonly #random: SeededRandom;
  #owner: Owner | undefined;
  #node: TidelogNode | undefined;
  /** Of the disk that is in the machine; it never changes there. */
  #identity: { readonly disk: unknown; readonly directoryId: Uuid } | undefined;

  constructor(options: SimNodeOptions) {
    this.id = options.id;
    this.hostName = `n${options.id}`;
    this.wall = options.wall;
    this.#options = options;
    this.#random = options.random;
    const host = {
      defer: (delayMs: Millis, completion: () => void): void => {
        options.host.scheduler.after(delayMs, this.#owner, 'disk', completion);
      },
      stall: (ms: Millis): void => {
        const { now } = options.host.scheduler;
        if (this.#owner !== undefined) this.#owner.busyUntil = Math.max(this.#owner.busyUntil, now) + ms;
      },
      wall: () => Math.floor(epochMs + options.host.scheduler.now + this.wall.offsetMs),
    };
    this.volumes = options.mountPoints.map((path) => new Volume(path, this.#random.fork(), host));
  }

  /** The running production node; undefined before it serves and after its end. */
  get node(): TidelogNode | undefined {
    return this.#node;
  }

  get owner(): Owner | undefined {
    return this.#owner;
  }

  get isVoter(): boolean {
    return this.id <= controllers;
  }

  /** The volume of the metadata log, the vote and the directory id that makes this node a voter. */
  get metadataVolume(): Volume {
    const volume = this.volumes.find(({ mountPoint }) => mountPoint === metadataVolume) ?? this.volumes[0];
    if (volume === undefined) throw new Error(`node ${this.id} has no disk`);
    return volume;
  }

  /** The id of the metadata log's directory, as somebody at the machine reads it; undefined on an empty disk. */
  get directoryId(): Uuid | undefined {
    const volume = this.metadataVolume;
    const { mountPoint, disk } = volume;
    if (this.#identity?.disk === disk) return this.#identity.directoryId;
    const directoryId = volume.withoutFaults(() => readIdentity(disk, mountPoint)?.directoryId);
    if (directoryId !== undefined) this.#identity = { disk, directoryId };
    return directoryId;
  }

  /** Where partitions are. */
  get dataVolumes(): readonly Volume[] {
    return this.volumes.filter(({ mountPoint }) => mountPoint !== metadataVolume);
  }

  /** It has stopped in good order, and says so when it starts again. */
  get stoppedCleanly(): boolean {
    return this.volumes.every(({ mountPoint, disk }) => disk.stat(`${mountPoint}/.kafka_cleanshutdown`) !== undefined);
  }

  get hasFailedVolume(): boolean {
    return this.volumes.some(({ faults }) => faults.failed);
  }

  get hasFullVolume(): boolean {
    return this.volumes.some(({ isFull }) => isFull);
  }

  get isPaused(): boolean {
    return this.#owner?.paused === true;
  }

  start(): void {
    if (this.state !== 'down') return;
    const { host } = this.#options;
    host.onStart(this);
    const owner = createOwner(this.id);
    this.#owner = owner;
    this.life++;
    this.startedFull = this.hasFullVolume;
    this.state = 'starting';
    host.fabric.setPower(this.hostName, true);
    const world = createSimWorld({
      scheduler: host.scheduler,
      fabric: host.fabric,
      host: this.hostName,
      owner,
      wall: this.wall,
      volumes: this.volumes,
      random: this.#random.fork(),
    });
    host.scheduler.after(0, owner, 'start', () => {
      this.#run(world, owner).then(
        (node) => this.#onStarted(owner, node),
        (error: unknown) => this.#onFatal(owner, error instanceof Error ? error : new Error(String(error))),
      );
    });
  }

  async #run(world: World, owner: Owner): Promise<TidelogNode> {
    const { host, texts, firstVoters } = this.#options;
    const { clusterId } = host;
    if (this.life === 1 && firstVoters !== undefined) {
      await formatNode({ world, config: nodeConfigOf(texts), clusterId, firstVoters });
    }
    return await TidelogNode.start({
      world,
      texts,
      logger: this.#logger(),
      metrics: new MetricsRegistry(),
      format: true,
      clusterId,
      onFatal: (error) => this.#onFatal(owner, error),
    });
  }

  /** SIGTERM; `onDown` when the process has ended. A process that takes too long is killed. */
  stop(graceMs: Millis, onDown: () => void): void {
    const owner = this.#owner;
    const node = this.#node;
    if (this.state !== 'up' || owner === undefined || node === undefined) {
      this.kill();
      return onDown();
    }
    const { scheduler } = this.#options.host;
    this.state = 'stopping';
    const ended = (): void => {
      if (this.#owner !== owner) return;
      this.kill();
      onDown();
    };
    scheduler.after(0, owner, 'stop', () => void node.stop().then(ended, ended));
    scheduler.after(graceMs, undefined, 'grace', ended);
  }

  /** SIGKILL: the page cache survives. */
  kill(): void {
    this.#end(true);
    for (const volume of this.volumes) volume.disk.killProcess();
  }

  /** The machine loses power: of what was not synced each sector survives with the given probability. */
  losePower(keepProbability: number): void {
    this.#end(false);
    this.#options.host.fabric.setPower(this.hostName, false);
    for (const volume of this.volumes) volume.losePower(this.#random.fork(), keepProbability);
  }

  pause(): void {
    if (this.#owner !== undefined) this.#owner.paused = true;
  }

  resume(): void {
    if (this.#owner !== undefined) this.#options.host.scheduler.resume(this.#owner);
  }

  #end(announced: boolean): void {
    const owner = this.#owner;
    if (owner !== undefined) this.#options.host.onEnd(this);
    this.state = 'down';
    this.#node = undefined;
    this.#owner = undefined;
    if (owner === undefined) return;
    owner.dead = true;
    owner.parked.length = 0;
    this.#options.host.fabric.abandon(owner, announced);
  }

  #onStarted(owner: Owner, node: TidelogNode): void {
    if (owner !== this.#owner) return;
    this.#node = node;
    this.state = 'up';
    this.#options.host.onUp(this);
  }

  #onFatal(owner: Owner, error: Error): void {
    if (owner !== this.#owner || this.state === 'down') return;
    const { host } = this.#options;
    // The process ends after this event: what it still does in it, it does before its end.
    host.scheduler.after(0, undefined, 'exit', () => {
      if (owner !== this.#owner) return;
      this.kill();
      if (!this.supervised) return;
      host.scheduler.after(restartMs, undefined, 'supervisor', () => {
        if (this.supervised) this.start();
      });
    });
    if (this.state !== 'stopping') host.onFatal(this, error);
  }

  #logger(): ServerLogger {
    const { host, id } = this.#options;
    const log =
      (level: string) =>
      (fields: LogFields, message: string): void =>
        host.log({ node: id, level, message, fields });
    return {
      debug: log('debug'),
      info: log('info'),
      warn: log('warn'),
      error: log('error'),
      open: () => Promise.resolve(),
    };
  }
}
