/**
 * What follows the metadata: replicas, coordinators, quotas, ACLs, the HTTP views.
 */
import type { MetadataDelta } from './delta/metadata-delta.ts';
import type { MetadataImage } from './image/metadata-image.ts';

export interface MetadataPublisher {
  readonly name: string;
  /**
   * The metadata moved to `image` by `delta` (whose `image` is the one before). Called in the order in which publishers
   * were added, never concurrently; the first call of a publisher has a delta from the empty image. Must not throw;
   * if it does, the error is logged and counted and the others go on.
   */
  onMetadata(image: MetadataImage, delta: MetadataDelta): void;
}
