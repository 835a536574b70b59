/**
 * Requests wait until the broker knows the cluster that it serves: until its image of the metadata holds its own
 * registration, and with that everything committed before it. A broker that answered earlier would say of every topic
 * that there is no such thing, which clients take for the truth (Kafka, too, serves only after its first catching up).
 */
import type { Uuid } from '@tidelog/core';
import type { MetadataLoader } from '@tidelog/metadata';
import type { BoundHandler } from '@tidelog/net';

export interface FirstImageOptions {
  readonly loader: MetadataLoader;
  readonly nodeId: number;
  readonly incarnationId: Uuid;
}

/** The handlers, each holding its requests back until then. */
export function afterFirstImage(handlers: readonly BoundHandler[], options: FirstImageOptions): BoundHandler[] {
  const { loader, nodeId, incarnationId } = options;
  const { promise, resolve } = Promise.withResolvers<void>();
  let isThere = false;
  loader.addPublisher({
    name: 'first-image',
    onMetadata: (image) => {
      if (isThere || image.cluster.broker(nodeId)?.incarnationId !== incarnationId) return;
      isThere = true;
      resolve();
    },
  });
  return handlers.map((bound) => ({
    ...bound,
    handle: (request, context) => {
      if (isThere) return bound.handle(request, context);
      return promise.then(() => bound.handle(request, context));
    },
  }));
}
