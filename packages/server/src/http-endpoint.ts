/**
 * The HTTP side of a node: `/metrics` for Prometheus, `/healthz` (the process lives and its loop turns) and `/readyz`
 * (it serves what its roles promise). Loaded after the broker is ready: Fastify takes 100 ms to load.
 */
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
