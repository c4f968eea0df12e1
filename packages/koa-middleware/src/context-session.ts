import { SessionError, type Session } from '@sess/session';
import type { ParameterizedContext } from 'koa';
import type { Answer } from './answer.ts';

/** The property of a context that holds its {@link Answer}; `null` if `ignore` excludes the request. */
export const ANSWER: unique symbol = Symbol('@sess/koa-middleware.answer');

export type SessionContext = ParameterizedContext & { [ANSWER]?: Answer | null };

/** The parts of a Koa application, of any version and types, that sessions need. */
export interface KoaApplication {
  readonly context: object;
  readonly middleware: readonly object[];
}

/** Contexts of applications that {@link prepare} gave a `session`. */
const prepared = new WeakSet<object>();

/** Gives the contexts of this application their `session`. */
export function prepare({ context }: Pick<KoaApplication, 'context'>): void {
  if (prepared.has(context)) return;
  if ('session' in context) throw registeredTwice();
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

/** Never throws: loggers and error listeners read it at any time. */
function sessionOf(this: SessionContext): Session | undefined {
  const answer = this[ANSWER];
  if (answer === undefined) warnTooEarly(this);
  return answer?.sessionInUse();
}

/** Applications that were warned. */
const warned = new WeakSet<object>();

function warnTooEarly({ app }: SessionContext): void {
  if (warned.has(app)) return;
  warned.add(app);
  process.emitWarning(
    'ctx.session was read in a request that had not reached the sessions middleware, so it is undefined. ' +
      'Put app.use(sessions(…)) before the middleware that uses ctx.session.',
    { type: 'SessWarning', code: 'SESS_TOO_EARLY' },
  );
}

function refuseAssignment(): never {
  throw new SessionError(
    'SESS_BAD_DATA',
    'ctx.session can not be assigned: put data into ctx.session.data; to log out, await ctx.session.destroy()',
  );
}
