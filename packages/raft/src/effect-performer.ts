/**
 * Performs what the core decides, one effect at a time and in its order: quorum-state and log first, peers and
 * listeners after. Every result that takes time goes back to the core as an input.
 */
import { unreachable, type Logger, type World } from '@tidelog/core';
import type { Answer, SentRequest } from './core/messages.ts';
import type { OffsetAndEpoch } from './core/epoch-cache.ts';
import type { QuorumState, RaftEffect, RaftInput } from './core/events.ts';
import type { LogBatch } from './core/log-batch.ts';
import type { PeerAddress } from './core/replica-key.ts';
import type { Delivery } from './delivery.ts';
import { ask, type AskOptions } from './rpc/ask.ts';
import type { SnapshotKeeper } from './snapshot-keeper.ts';
import type { MetadataLog } from './storage/metadata-log.ts';
import type { SnapshotStore } from './storage/snapshot-store.ts';

export interface EffectPerformerOptions {
  readonly world: World;
  readonly logger: Logger;
  readonly log: MetadataLog;
  readonly snapshots: SnapshotStore;
  readonly keeper: SnapshotKeeper;
  readonly delivery: Delivery;
  readonly peers: AskOptions;
  readonly step: (input: RaftInput) => void;
  readonly persist: (state: QuorumState) => void;
  readonly answer: (token: number, answer: Answer) => void;
  readonly finish: () => void;
}

export class EffectPerformer {
  readonly #options: EffectPerformerOptions;

  constructor(options: EffectPerformerOptions) {
    this.#options = options;
  }

  /** A promise where the next effect must wait. */
  perform(effect: RaftEffect): Promise<void> | undefined {
    const { log, snapshots, delivery, logger, persist, answer, finish } = this.#options;
    switch (effect.kind) {
      case 'persistQuorumState':
        persist(effect.state);
        return undefined;
      case 'append':
        this.#append(effect.batch);
        return undefined;
      case 'truncate':
        delivery.forgetFrom(effect.endOffset);
        return log.truncate(effect.endOffset);
      case 'restartLog':
        return this.#restartLog(effect.id);
      case 'send':
        this.#send(effect.correlation, effect.to, effect.request);
        return undefined;
      case 'answer':
        answer(effect.token, effect.answer);
        return undefined;
      case 'commit':
        this.#commit(effect.highWatermark);
        return undefined;
      case 'announceLeader':
        delivery.onLeader(effect);
        return undefined;
      case 'openSnapshotPart':
        this.#openPart(effect.id);
        return undefined;
      case 'writeSnapshotPart':
        snapshots.writePart(effect.id, effect.position, effect.bytes);
        return undefined;
      case 'installSnapshot':
        this.#install(effect.id, effect.size);
        return undefined;
      case 'discardSnapshotPart':
        snapshots.discardPart(effect.id);
        return undefined;
      case 'note':
        logger[effect.level](effect.fields, effect.message);
        return undefined;
      case 'finishShutdown':
        finish();
        return undefined;
      case 'fail':
        throw new Error(effect.detail);
      default:
        return unreachable(effect);
    }
  }

  #append(batch: LogBatch): void {
    const { log, delivery, keeper } = this.#options;
    const appended = log.append(batch);
    if (appended === undefined) return;
    keeper.onAppended(appended.sizeInBytes);
    const { payload, baseOffset, lastOffset, epoch } = batch;
    if (payload.kind !== 'values') return;
    const records = payload.values.map((value, i) => ({ offset: baseOffset + i, value }));
    const { sizeInBytes, timestamp: appendTimestamp } = appended;
    delivery.remember({ baseOffset, lastOffset, epoch, appendTimestamp, sizeInBytes, records });
  }

  async #restartLog(id: OffsetAndEpoch): Promise<void> {
    const { log, delivery, keeper } = this.#options;
    delivery.forgetFrom(0);
    await log.restartAt(id);
    keeper.onRestarted(id);
  }

  #commit(highWatermark: number): void {
    const { log, delivery, keeper } = this.#options;
    log.commit(highWatermark);
    delivery.pump();
    keeper.onCommitted();
  }

  #send(correlation: number, to: PeerAddress, request: SentRequest): void {
    const { peers, step, logger } = this.#options;
    ask(peers, to, request).then(
      (response) => step({ kind: 'responseReceived', correlation, response }),
      (error: unknown) => {
        const detail = error instanceof Error ? error.message : String(error);
        logger.debug({ ...to, request: request.kind, detail }, 'a request to a member of the quorum failed');
        step({ kind: 'requestFailed', correlation, detail });
      },
    );
  }

  #openPart(id: OffsetAndEpoch): void {
    const { snapshots, step } = this.#options;
    step({ kind: 'snapshotPartOpened', id, position: snapshots.openPart(id) });
  }

  #install(id: OffsetAndEpoch, size: number): void {
    const { snapshots, step } = this.#options;
    snapshots.install(id, size).then(
      ({ voters, kraftVersion }) => step({ kind: 'snapshotInstalled', id, voters, kraftVersion }),
      (error: unknown) => {
        step({ kind: 'snapshotRefused', id, detail: error instanceof Error ? error.message : String(error) });
      },
    );
  }
}
