/**
 * The registered brokers and controllers at one point of the metadata log.
 */
import type { Uuid } from '@tidelog/core';
import type { Endpoint, SupportedFeature } from '../metadata-record.ts';
import { PersistentMap } from '../persistent-map.ts';

export interface BrokerImage {
  readonly id: number;
  readonly epoch: number;
  readonly incarnationId: Uuid;
  /** By listener name. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly features: readonly SupportedFeature[];
  readonly rack: string | null;
  readonly fenced: boolean;
  readonly inControlledShutdown: boolean;
  readonly logDirs: readonly Uuid[];
  readonly cordonedLogDirs: readonly Uuid[];
}

export interface ControllerImage {
  readonly id: number;
  readonly incarnationId: Uuid;
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly features: readonly SupportedFeature[];
}

export class ClusterImage {
  static readonly empty = new ClusterImage(PersistentMap.empty(), PersistentMap.empty());

  readonly brokers: PersistentMap<number, BrokerImage>;
  readonly controllers: PersistentMap<number, ControllerImage>;

  constructor(brokers: PersistentMap<number, BrokerImage>, controllers: PersistentMap<number, ControllerImage>) {
    this.brokers = brokers;
    this.controllers = controllers;
  }

  broker(id: number): BrokerImage | undefined {
    return this.brokers.get(id);
  }

  /** The epoch of a registered broker, or -1. */
  brokerEpoch(id: number): number {
    return this.brokers.get(id)?.epoch ?? -1;
  }

  /** Registered, not fenced and not shutting down: may lead and may be placed on. */
  isActive(id: number): boolean {
    const broker = this.brokers.get(id);
    return broker !== undefined && !broker.fenced && !broker.inControlledShutdown;
  }

  /** Brokers that clients may talk to: the ones that are not fenced. */
  *aliveBrokers(): Generator<BrokerImage> {
    for (const broker of this.brokers.values()) if (!broker.fenced) yield broker;
  }
}
