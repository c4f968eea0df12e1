import { once } from 'node:events';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { serve } from '@sess/conformance';
import { sessions, type ExpressSessionsOptions, type SessionsLog } from '@sess/express-middleware';
import express, {
  type ErrorRequestHandler,
  type Express,
  type NextFunction,
  type Request,
  type Response,
} from 'express';
import express4 from 'express-4';
import onHeaders from 'on-headers';
import type { AdapterApp, AdapterAppOptions, AdapterSubject, Exchange } from './suite/subject.ts';

export const expressAdapters: readonly AdapterSubject[] = [
  { name: '@sess/express-middleware, Express 5', register, start: (options) => start(express(), options) },
  {
    name: '@sess/express-middleware, Express 4',
    register,
    start: (options) => start((express4 as typeof express)(), options),
  },
];

async function register(options: object): Promise<unknown> {
  return sessions(options as ExpressSessionsOptions);
}

async function start(
  app: Express,
  { sessions: options, routes, last, asksForUser, trustProxy = false }: AdapterAppOptions,
): Promise<AdapterApp> {
  // Keeps Express from writing to the console, and stacks out of its answers.
  app.set('env', 'test');
  app.set('trust proxy', trustProxy);
  const errors: unknown[] = [];
  const lines: string[] = [];
  const outages: string[] = [];
  const users: unknown[] = [];
  const ask = (request: Request): void => void (asksForUser === true && users.push(request.session?.data.user));
  const log: SessionsLog = ({ message }) => outages.push(message);
  const middleware = sessions({
    log,
    ...options,
    ignore: (request) => request.path.startsWith('/ignored'),
    touch: (request) => !request.path.startsWith('/polled'),
  });
  app.use((request, response, next) => {
    response.once('close', () => ask(request));
    next();
  });
  app.use(middleware);
  app.use((request, response, next) => {
    if (last !== undefined) onHeaders(response, () => last(exchangeOf(request, response)));
    next();
  });
  for (const [path, handler] of Object.entries(routes)) {
    app.get(path, (request, response, next) => {
      void answer(handler, request, response, next);
    });
  }
  const onError: ErrorRequestHandler = (error, request, _response, next) => {
    lines.push(inspect(error));
    errors.push(error);
    ask(request);
    next(error);
  };
  app.use(onError);
  // What comes too late for an answer, Express has no listener for.
  const onWarning = (warning: Error & { code?: string }): void => {
    if (warning.code === 'SESS_LATE_CHANGE') errors.push(warning);
  };
  process.on('warning', onWarning);
  const served = await serve(app);
  const close = async (): Promise<void> => {
    process.off('warning', onWarning);
    await served.close();
    await middleware.close();
  };
  const stop = async (): Promise<void> => {
    process.off('warning', onWarning);
    await served.end();
    await middleware.close();
  };
  return { ...served, close, stop, sessions: middleware, lines, outages, users, errors };
}

/** Express 4 awaits no handler. */
async function answer(
  handler: AdapterAppOptions['routes'][string],
  request: Request,
  response: Response,
  next: NextFunction,
): Promise<void> {
  let isTaken = false;
  const exchange = exchangeOf(request, response, () => void (isTaken = true));
  try {
    const body = await handler(exchange);
    if (body instanceof Readable) body.pipe(response);
    else if (!isTaken) response.json(body ?? null);
  } catch (error) {
    next(error);
  }
}

function exchangeOf(request: Request, response: Response, onTaken?: () => void): Exchange {
  return {
    get session() {
      return request.session;
    },
    header: (name, value) => void response.setHeader(name, value),
    status: (code) => void response.status(code),
    takeOver() {
      onTaken?.();
      return response;
    },
    disconnected: () => once(request.socket, 'close'),
    owner: request,
  };
}
