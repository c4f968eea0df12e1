import { Browser, serve } from '@sess/conformance';
import { memoryStore } from '@sess/session';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import express4 from 'express-4';
import { onTestFinished } from 'vitest';
import { sessions, type ExpressSessionsOptions } from '../src/index.ts';

declare module '@sess/session' {
  interface SessionData {
    userId?: string;
    cart?: string[];
  }
}

export const SECRET = 'a secret of at least thirty-two bytes';

/** The current and the previous major version of Express. */
export const VERSIONS: readonly (readonly [string, () => Express])[] = [
  ['Express 5', () => silent(express())],
  ['Express 4', () => silent((express4 as typeof express)())],
];

/** Stops Express from writing errors to the console. */
function silent(app: Express): Express {
  return app.set('env', 'test');
}

type Handler = (request: Request, response: Response) => unknown;

/** Adds sessions in memory, the routes of a shop, and `routes`. Rejections are errors in both versions. */
export function shop(
  app: Express,
  options: Partial<ExpressSessionsOptions> = {},
  routes: Readonly<Record<string, Handler>> = {},
): Express {
  app.use(sessions({ store: memoryStore(), secret: SECRET, ttlSeconds: 3_600, secure: false, ...options }));
  for (const [path, handler] of Object.entries({ ...SHOP, ...routes })) {
    app.all(path, (request, response, next) => void answer(handler, request, response, next));
  }
  return app;
}

async function answer(handler: Handler, request: Request, response: Response, next: NextFunction): Promise<void> {
  try {
    await handler(request, response);
  } catch (error) {
    next(error);
  }
}

const SHOP: Readonly<Record<string, Handler>> = {
  async '/login'(request, response) {
    await request.session.regenerate({ keep: ['cart'] });
    request.session.data.userId = 'USER_123';
    response.json({ id: request.session.id });
  },
  '/profile'({ session }, response) {
    response.json({ user: session.data.userId ?? null, cart: session.data.cart ?? [] });
  },
};

/** Lets the application listen on a free port until the test has ended, and returns a browser for it. */
export async function browse(app: Express): Promise<Browser> {
  const { origin, close } = await serve(app);
  onTestFinished(close);
  return new Browser(origin);
}
