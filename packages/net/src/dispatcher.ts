/**
 * From a frame to the handler that serves it. (Skeleton: public signatures.)
 */
import type { Logger, Metrics, World } from '@tidelog/core';
import type { Api } from '@tidelog/protocol';
import type { BoundHandler, VersionRange } from './handler.ts';

export interface FeatureRange {
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
}

/** What ApiVersions says about features; read anew for each response. */
export interface AdvertisedFeatures {
  readonly supported: readonly FeatureRange[];
  /** min and max version level are the same for a feature that is finalised by KRaft. */
  readonly finalized: readonly FeatureRange[];
  /** The metadata offset they were read at; -1 when not known yet. */
  readonly finalizedEpoch: number;
}

export interface DispatcherOptions {
  readonly world: World;
  readonly handlers: readonly BoundHandler[];
  readonly listenerKind: 'broker' | 'controller';
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly features?: () => AdvertisedFeatures;
  /** Narrows what is advertised (forwarded APIs meet the controller's range); undefined leaves the API out. */
  readonly advertise?: (api: Api, versions: VersionRange) => VersionRange | undefined;
}

export class Dispatcher {
  readonly options: DispatcherOptions;

  constructor(options: DispatcherOptions) {
    this.options = options;
  }
}
