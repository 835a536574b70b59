/**
 * What the controller's handlers need, and the one way in which most of them work: a decision, or a refusal in the
 * shape of the API's own response.
 */
import type { Logger } from '@tidelog/core';
import type { MetadataImage } from '@tidelog/metadata';
import type { ErrorCode } from '@tidelog/protocol';
import type { RaftNodeState } from '@tidelog/raft';
import type { Decision, DecisionContext } from '../core/decision.ts';

/** What a handler answers in the place of a decision: NOT_CONTROLLER, or what else kept it from being made. */
export type Refuse<Response> = (errorCode: ErrorCode, errorMessage: string) => Response;

export interface DecisionMaker {
  readonly isActive: boolean;
  readonly activeEpoch: number | undefined;
  readonly image: MetadataImage;
  /** While this node leads and does not decide yet: resolves when it does, or will not. */
  activation(): Promise<void> | undefined;
  write<Response>(
    decide: (context: DecisionContext) => Decision<Response>,
    refuse: Refuse<Response>,
  ): Response | Promise<Response>;
  connectionLost(brokerId: number, connectionId: number): void;
}

export interface ControllerDeps {
  readonly controller: DecisionMaker;
  readonly nodeId: number;
  readonly clusterId: string;
  readonly logger: Logger;
  /** Undefined while nobody is known to lead. */
  readonly quorum: () => RaftNodeState | undefined;
  readonly kraftVersion: KraftVersion;
}

/** The level of kraft.version, which the quorum keeps in its own records. For whoever decides. */
export interface KraftVersion {
  /** Why it can not be raised to that; undefined when it can. */
  refuse(version: number): string | undefined;
  /** Appends what raises it. */
  raise(version: number): void;
}

/** A broker's heartbeats must not wait behind what it forwarded: all of them start as they come, in order. */
export const pipelined = { pipelined: true } as const;
