import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import { once } from 'node:events';

/** Starts a Fastify app on an ephemeral port of loopback. */
export async function listen(app: Pick<FastifyInstance, 'listen' | 'server'>): Promise<number> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  return (app.server.address() as AddressInfo).port;
}

/** The same for a plain request listener: Koa and Express. */
export async function listenWith(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
