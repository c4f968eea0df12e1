import { SessionError, type Session } from '@sess/session';
import type { ParameterizedContext } from 'koa';
import type { Answer } from './answer.ts';

/** Where a request keeps its session, and what becomes of its answer. */
export const ANSWER: unique symbol = Symbol('@sess/koa-middleware.answer');

export type SessionContext = ParameterizedContext & { [ANSWER]?: Answer };

/** Applications whose contexts have a `session` of ours. */
const prepared = new WeakSet<object>();

/** Gives the contexts of this application their `session`. */
export function prepare(ctx: SessionContext): void {
  const { context } = ctx.app;
  if (prepared.has(context)) return;
  if ('session' in ctx) throw registeredTwice();
  prepared.add(context);
  Object.defineProperty(context, 'session', { get: sessionOf, set: refuseAssignment });
}

export function registeredTwice(): SessionError {
  return new SessionError(
    'SESS_REGISTERED_TWICE',
    'ctx.session exists already: @sess/koa-middleware, or another session middleware, is used for this application, or something before it set ' +
      'ctx.session. Use one of them, once, before what needs a session',
  );
}

/** Reading it never throws: loggers and error listeners ask for it at any time. */
function sessionOf(this: SessionContext): Session | undefined {
  return this[ANSWER]?.session?.current;
}

function refuseAssignment(): never {
  throw new SessionError(
    'SESS_BAD_DATA',
    'ctx.session can not be assigned: put data into ctx.session.data; to log out, await ctx.session.destroy()',
  );
}
