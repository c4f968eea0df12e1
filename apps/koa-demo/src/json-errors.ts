import { STATUS_CODES } from 'node:http';
import type { Middleware } from 'koa';

/** Answers thrown errors with JSON, in Fastify's form. */
export const jsonErrors: Middleware = async (ctx, next) => {
  try {
    await next();
  } catch (error) {
    const { status, message, headers } = describe(error);
    ctx.status = status;
    ctx.set(headers);
    ctx.body = { statusCode: status, error: STATUS_CODES[status] ?? 'Error', message };
    // A bug must reach the server's error handler.
    if (status === 500) ctx.app.emit('error', error, ctx);
  }
};

interface ErrorAnswer {
  readonly status: number;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Reads an error's `status` (Koa and its middleware) or `statusCode` (sessions), and its headers, such as
 * `Retry-After`.
 */
function describe(error: unknown): ErrorAnswer {
  const told = (typeof error === 'object' && error !== null ? error : {}) as {
    readonly status?: unknown;
    readonly statusCode?: unknown;
    readonly message?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
  };
  const status = [told.status, told.statusCode].find((each) => typeof each === 'number' && each >= 400 && each < 600);
  if (typeof status !== 'number' || status === 500) return { status: 500, message: 'internal error', headers: {} };
  return { status, message: String(told.message), headers: told.headers ?? {} };
}
