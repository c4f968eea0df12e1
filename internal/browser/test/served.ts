import { once } from 'node:events';
import { createServer as createPlainServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buildApp as fastifyApp } from '@sess/fastify-demo';
import { buildApp as koaApp } from '@sess/koa-demo';
import { SELF_SIGNED } from '@sess/loopback';
import { memoryStore, type SessionStore } from '@sess/session';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;
export type Scheme = 'http' | 'https';
export type Framework = 'fastify' | 'koa';

/** A server that a browser can visit. */
export interface Served {
  readonly port: number;
  close(): Promise<void>;
}

/** A demo app on a server, with a clock that a test moves. */
export interface ServedShop extends Served {
  passSeconds(seconds: number): void;
}

export async function serve(scheme: Scheme, listener: Listener): Promise<Served> {
  const server: Server = scheme === 'http' ? createPlainServer(listener) : createTlsServer(SELF_SIGNED, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}

export const SECRET = 'a secret of at least thirty-two bytes';

const APPS: Readonly<Record<Framework, (store: SessionStore) => Promise<Listener>>> = {
  async fastify(store) {
    const app = fastifyApp({ store, secret: SECRET });
    await app.ready();
    return (request, response) => app.routing(request, response);
  },
  async koa(store) {
    const answer = koaApp({ store, secret: SECRET }).callback();
    return (request, response) => void answer(request, response);
  },
};

/** A demo app with a store of its own. */
export function appOf(framework: Framework): Promise<Listener> {
  return APPS[framework](memoryStore());
}

export async function serveShop(framework: Framework, scheme: Scheme): Promise<ServedShop> {
  let passed = 0;
  const store = memoryStore({ now: () => Date.now() + passed });
  const served = await serve(scheme, await APPS[framework](store));
  return { ...served, passSeconds: (seconds) => void (passed += seconds * 1_000) };
}
