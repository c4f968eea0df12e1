import type { RequestSession } from '@sess/session';
import type { ParameterizedContext } from 'koa';

/** Adds the session's cookie to the response, beside the cookies that are there, and keeps caches from storing a response that carries it. */
export function tellBrowser(ctx: ParameterizedContext, session: RequestSession): void {
  const cookie = session.takeCookie();
  if (cookie === undefined || ctx.headerSent) return;
  ctx.append('Set-Cookie', cookie);
  if (!ctx.res.hasHeader('Cache-Control')) ctx.set('Cache-Control', 'no-store');
  keepOverErrors(ctx, cookie);
}

/**
 * Koa's error handler removes every header. Without its cookie, a session that was just stored, or got a new id, would be lost to its visitor.
 *
 * The error's own `headers` would carry the cookie as well; but an error object may be thrown again for another visitor, and is logged.
 */
function keepOverErrors(ctx: ParameterizedContext, cookie: string): void {
  const answer = ctx.onerror.bind(ctx);
  const onerror: typeof answer = (error) => {
    const { res } = ctx;
    res.removeHeader = (name) => {
      Object.getPrototypeOf(res).removeHeader.call(res, name);
      if (name.toLowerCase() === 'set-cookie') res.setHeader(name, cookie);
      if (name.toLowerCase() === 'cache-control') res.setHeader(name, 'no-store');
    };
    try {
      answer(error);
    } finally {
      Reflect.deleteProperty(res, 'removeHeader');
    }
  };
  Object.assign(ctx, { onerror });
}
