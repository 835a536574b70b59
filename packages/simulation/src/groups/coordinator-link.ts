/** A consumer's way to its group's coordinator: finds it, asks it, and looks for it again when it is not the one. */
import type { Millis } from '@tidelog/core';
import { ErrorCode, FindCoordinator, type Api, type RequestInputOf, type ResponseOf } from '@tidelog/protocol';
import { onlyNetworkErrors, type SimClient } from '../workload/sim-client.ts';
import type { Coordinators } from './coordinators.ts';

export interface CoordinatorLinkOptions {
  readonly client: SimClient;
  readonly groupId: string;
  readonly coordinators: Coordinators;
}

export interface Answer<Response> {
  readonly response: Response;
  readonly sentAt: Millis;
  /** The broker was the coordinator when it was asked, by the best knowledge there is. */
  readonly wasCurrent: boolean;
}

export class CoordinatorLink {
  readonly #options: CoordinatorLinkOptions;
  #nodeId: number | undefined;

  constructor(options: CoordinatorLinkOptions) {
    this.#options = options;
  }

  get now(): Millis {
    return this.#options.client.now;
  }

  /** Undefined when there is no coordinator just now, or when it does not answer: the request may have been served. */
  async ask<A extends Api>(
    api: A,
    request: RequestInputOf<A>,
    { channel, timeoutMs, onLost }: { channel: string; timeoutMs?: Millis; onLost?: (sentAt: Millis) => void },
  ): Promise<Answer<ResponseOf<A>> | undefined> {
    const { client, groupId, coordinators } = this.#options;
    const nodeId = (this.#nodeId ??= await this.#find());
    if (nodeId === undefined) return undefined;
    const sentAt = client.now;
    const wasCurrent = coordinators.isCurrent(nodeId, groupId);
    const response = await client.send({ nodeId, channel, timeoutMs }, api, request).catch(onlyNetworkErrors);
    coordinators.isCurrent(nodeId, groupId);
    if (response !== undefined) return { response, sentAt, wasCurrent };
    onLost?.(sentAt);
    this.#forget(nodeId);
    return undefined;
  }

  /** Looks for another one after an error that says so; true when the request may be sent again as it is. */
  mustRetry(error: number): boolean {
    if (error === ErrorCode.NOT_COORDINATOR || error === ErrorCode.COORDINATOR_NOT_AVAILABLE) {
      this.#nodeId = undefined;
      return true;
    }
    return (
      error === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS ||
      error === ErrorCode.REQUEST_TIMED_OUT ||
      error === ErrorCode.NOT_ENOUGH_REPLICAS
    );
  }

  #forget(nodeId: number): void {
    if (this.#nodeId === nodeId) this.#nodeId = undefined;
  }

  async #find(): Promise<number | undefined> {
    const { client, groupId } = this.#options;
    const response = await client.ask(FindCoordinator, { keyType: 0, coordinatorKeys: [groupId] });
    const [found] = response?.coordinators ?? [];
    return found?.errorCode === ErrorCode.NONE ? found.nodeId : undefined;
  }
}
