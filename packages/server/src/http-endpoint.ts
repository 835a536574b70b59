/**
 * The HTTP side of a node: `/metrics` for Prometheus, `/healthz` (the process lives and its loop turns) and `/readyz`
 * (it serves what its roles promise). Fastify takes 100 ms to load, which a starting broker has better use for: it
 * waits until the node is ready, but not long, for a node that does not become ready is the one that is asked why.
 */
import type { Logger, World } from '@tidelog/core';
import type { FastifyInstance } from 'fastify';
import type { MetricsRegistry } from './metrics-registry.ts';

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  readonly metrics: MetricsRegistry;
  /** Why the node is not ready, or undefined when it is. */
  readonly notReady: () => string | undefined;
}

export interface HttpEndpoint {
  readonly port: number;
  close(): Promise<void>;
}

export interface LateHttpOptions {
  readonly world: World;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
  /** Undefined: no HTTP at all. */
  readonly listener: { readonly host: string; readonly port: number } | undefined;
  readonly notReady: () => string | undefined;
}

/** How long a start may go on before somebody will ask how it does. */
const dueAfterMs = 1000;

/** HTTP as soon as the caller opens it, and by itself when that takes long. A port that is taken stops no broker. */
export function openHttpWhenDue(options: LateHttpOptions): { open(): void; close(): Promise<void> } {
  const { world, logger, metrics, listener, notReady } = options;
  if (listener === undefined) return { open: () => undefined, close: () => Promise.resolve() };
  const { host, port } = listener;
  let opened: Promise<HttpEndpoint | undefined> | undefined;
  const open = (): void => {
    timer.cancel();
    opened ??= startHttp({ host, port, metrics, notReady }).catch((error: unknown) => {
      logger.error({ err: error }, `no HTTP on ${host}:${port}: is the port taken? Set http.listeners to another one`);
      return undefined;
    });
  };
  const timer = world.timers.after(dueAfterMs, open);
  const close = async (): Promise<void> => {
    timer.cancel();
    await (await opened)?.close();
  };
  return { open, close };
}

export async function startHttp(options: HttpOptions): Promise<HttpEndpoint> {
  const { fastify } = (await import('fastify')).default;
  const app = fastify({ forceCloseConnections: true });
  addRoutes(app, options);
  await app.listen({ host: options.host === '' ? '0.0.0.0' : options.host, port: options.port });
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return { port, close: () => app.close() };
}

function addRoutes(app: FastifyInstance, { metrics, notReady }: HttpOptions): void {
  app.get('/metrics', async (_request, reply) => {
    const { contentType, body } = await metrics.render();
    return reply.header('content-type', contentType).send(body);
  });
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', (_request, reply) => {
    const reason = notReady();
    if (reason === undefined) return reply.send({ status: 'ready' });
    return reply.code(503).send({ status: 'not ready', reason });
  });
}
