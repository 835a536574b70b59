/**
 * Topics that come into being because somebody asked for them: auto-created ones and the coordinators' internal ones.
 * Asks the controller once per topic however many wait, and lets them wait until this broker's image has it, so that
 * the first answer a client gets already names a leader.
 */
import type { Logger, Millis, World } from '@tidelog/core';
import type { MetadataImage } from '@tidelog/metadata';
import { CreateTopics, ErrorCode, errorName } from '@tidelog/protocol';
import type { ControllerChannel } from '../channels.ts';

export interface TopicSpec {
  readonly name: string;
  /** -1: num.partitions and default.replication.factor of the controller. */
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly configs: readonly { readonly name: string; readonly value: string }[];
}

export interface TopicCreationDeps {
  readonly world: World;
  readonly logger: Logger;
  readonly controller: ControllerChannel;
  readonly image: () => MetadataImage;
  /** How long a request waits for a topic it caused to be created. */
  readonly waitMs: Millis;
}

type Waiter = (error: ErrorCode) => void;

export class TopicCreation {
  readonly #deps: TopicCreationDeps;
  readonly #pending = new Map<string, Set<Waiter>>();

  constructor(deps: TopicCreationDeps) {
    this.#deps = deps;
  }

  /** NONE when the image has the topic, UNKNOWN_TOPIC_OR_PARTITION while it has not, else what the controller said. */
  ensure(spec: TopicSpec): Promise<ErrorCode> {
    const { image } = this.#deps;
    if (image().topics.get(spec.name) !== undefined) return Promise.resolve(ErrorCode.NONE);
    let waiters = this.#pending.get(spec.name);
    if (waiters === undefined) {
      waiters = new Set();
      this.#pending.set(spec.name, waiters);
      void this.#create(spec);
    }
    return this.#wait(spec.name, waiters);
  }

  /** Called when a new image is in use. */
  onMetadata(image: MetadataImage): void {
    for (const name of this.#pending.keys()) {
      if (image.topics.get(name) !== undefined) this.#settle(name, ErrorCode.NONE);
    }
  }

  #wait(name: string, waiters: Set<Waiter>): Promise<ErrorCode> {
    const { world, waitMs } = this.#deps;
    return new Promise((resolve) => {
      const waiter: Waiter = (error) => {
        timer.cancel();
        resolve(error);
      };
      const timer = world.timers.after(waitMs, () => {
        waiters.delete(waiter);
        // A topic that was created and deleted in one image is never seen: whoever comes next asks again.
        if (waiters.size === 0 && this.#pending.get(name) === waiters) this.#pending.delete(name);
        resolve(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
      });
      waiters.add(waiter);
    });
  }

  async #create(spec: TopicSpec): Promise<void> {
    const error = await this.#ask(spec);
    // Created, now or earlier: the waiters go on when the image has it.
    if (error === ErrorCode.NONE || error === ErrorCode.TOPIC_ALREADY_EXISTS) {
      if (this.#deps.image().topics.get(spec.name) !== undefined) this.#settle(spec.name, ErrorCode.NONE);
      return;
    }
    this.#settle(spec.name, error);
  }

  async #ask(spec: TopicSpec): Promise<ErrorCode> {
    const { controller, logger, waitMs } = this.#deps;
    try {
      const { name, numPartitions, replicationFactor, configs } = spec;
      const topic = { name, numPartitions, replicationFactor, assignments: [], configs: [...configs] };
      const response = await controller.send(
        CreateTopics,
        { topics: [topic], timeoutMs: 30_000 },
        { timeoutMs: waitMs },
      );
      const result = response.topics[0];
      const error = (result?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR) as ErrorCode;
      if (error !== ErrorCode.NONE && error !== ErrorCode.TOPIC_ALREADY_EXISTS) {
        logger.warn({ topic: name, error: errorName(error), reason: result?.errorMessage }, 'could not create a topic');
      }
      return error;
    } catch (error) {
      logger.warn({ topic: spec.name, err: error }, 'no controller to create a topic');
      return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    }
  }

  #settle(name: string, error: ErrorCode): void {
    const waiters = this.#pending.get(name);
    this.#pending.delete(name);
    for (const waiter of waiters ?? []) waiter(error);
  }
}
