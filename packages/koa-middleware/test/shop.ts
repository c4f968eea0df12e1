import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Browser } from '@sess/conformance';
import { memoryStore } from '@sess/session';
import Koa from 'koa';
import { afterEach } from 'vitest';
import { sessions, type KoaSessionsOptions } from '../src/index.ts';

declare module '@sess/session' {
  interface SessionData {
    userId?: string;
    cart?: string[];
  }
}

export const SECRET = 'a secret of at least thirty-two bytes';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

type Handler = (ctx: Koa.Context) => unknown;

/** An application with sessions in memory and these routes, beside those of a shop. */
export function shop(options: Partial<KoaSessionsOptions> = {}, routes: Readonly<Record<string, Handler>> = {}): Koa {
  const app = new Koa();
  app.silent = true;
  app.use(sessions({ store: memoryStore(), secret: SECRET, ttlSeconds: 3_600, secure: false, ...options }));
  app.use(async (ctx) => {
    const handler = { ...SHOP, ...routes }[ctx.path];
    if (handler !== undefined) await handler(ctx);
  });
  return app;
}

const SHOP: Readonly<Record<string, Handler>> = {
  async '/login'(ctx) {
    await ctx.session.regenerate({ keep: ['cart'] });
    ctx.session.data.userId = 'USER_123';
    ctx.body = { id: ctx.session.id };
  },
  '/profile'(ctx) {
    ctx.body = { user: ctx.session.data.userId ?? null, cart: ctx.session.data.cart ?? [] };
  },
  async '/logout'(ctx) {
    await ctx.session.destroy();
    ctx.status = 204;
  },
};

/** Lets the application listen on a free port until the test has ended, and gives a browser that is pointed at it. */
export async function browse(app: Koa, headers: Readonly<Record<string, string>> = {}): Promise<Browser> {
  const handle = app.callback();
  const server = createServer((request, response) => void handle(request, response));
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return new Browser(`http://127.0.0.1:${port}`, [], headers);
}
