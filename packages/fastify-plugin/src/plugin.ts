import { createSessions, SessionError, type RequestSession, type SessionsOptions } from '@sess/session';
import type { FastifyInstance, FastifyReply, FastifyRequest, RegisterOptions } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { tellBrowser } from './tell-browser.ts';

/** The options of `createSessions`. */
export interface FastifySessionsOptions extends SessionsOptions {}

/** Where a request keeps its session; `null` where it has none. */
const SESSION: unique symbol = Symbol('@sess/fastify-plugin.session');

type SessionRequest = FastifyRequest & { [SESSION]?: RequestSession | null };

/**
 * Gives every request of the scope in which it is registered a `session`.
 *
 * A session is opened in `onRequest` and saved in `onSend`, before the headers leave: hooks and handlers in between see it. Errors in handlers save it,
 * too. What `servers` opened is closed with the application.
 *
 * @throws {SessionError} (from `register`) `SESS_BAD_OPTION`, `SESS_REGISTERED_TWICE`.
 */
export const sessions: (app: FastifyInstance, options: FastifySessionsOptions) => Promise<void> = fastifyPlugin(register, {
  fastify: '5.x',
  name: '@sess/fastify-plugin',
});

async function register(app: FastifyInstance, options: FastifySessionsOptions & RegisterOptions): Promise<void> {
  if (app.hasRequestDecorator('session')) {
    throw new SessionError(
      'SESS_REGISTERED_TWICE',
      'request.session exists already: @sess/fastify-plugin, or another session plugin, is registered for this scope or one around it. ' +
        'Register one of them, once, or in scopes beside each other',
    );
  }
  // Fastify takes these for itself, and hands them on.
  const { prefix: _prefix, logLevel: _logLevel, logSerializers: _logSerializers, ...given } = options;
  const all = createSessions(given);

  if (!app.hasDecorator('sessions')) {
    app.decorate('sessions', {
      revokeUser: (user: string) => all.revokeUser(user),
      ofUser: (user: string) => all.ofUser(user),
      ready: () => all.ready(),
      get state() {
        return all.state;
      },
    });
  }
  app.decorateRequest(SESSION, null);
  app.decorateRequest('session', { getter: sessionOf });

  // Callbacks rather than async functions: a request that has nothing to wait for, which is every one without a cookie, waits for nothing.
  app.addHook('onRequest', (request: SessionRequest, reply, proceed) => {
    if (request.routeOptions.config.session === false) return proceed();
    const opened = all.open(request.headers.cookie, { secure: request.protocol === 'https', response: reply.raw });
    if (opened instanceof Promise) return void load(request, opened, proceed);
    request[SESSION] = opened;
    return proceed();
  });

  app.addHook('onSend', (request: SessionRequest, reply, payload, proceed) => {
    const session = request[SESSION];
    if (!session) return proceed(null, payload);
    const saving = session.commit();
    if (saving !== undefined) return void save(session, saving, reply, (error) => (error ? proceed(error) : proceed(null, payload)));
    tellBrowser(reply, session);
    return proceed(null, payload);
  });

  app.addHook('onClose', () => all.close());
}

type Proceed = (error?: Error) => void;

async function load(request: SessionRequest, opened: Promise<RequestSession>, proceed: Proceed): Promise<void> {
  let failure: Error | undefined;
  try {
    request[SESSION] = await opened;
  } catch (error) {
    failure = error as Error;
  }
  proceed(failure);
}

async function save(session: RequestSession, saving: Promise<void>, reply: FastifyReply, proceed: Proceed): Promise<void> {
  let failure: Error | undefined;
  try {
    await saving;
  } catch (error) {
    failure = error as Error;
  }
  // Also where the save failed: a new id that was stored before must reach the browser with the error, or its session is lost.
  tellBrowser(reply, session);
  proceed(failure);
}

function sessionOf(this: SessionRequest): RequestSession {
  const session = this[SESSION];
  if (session) return session;
  throw new SessionError(
    'SESS_NO_SESSION',
    'this request has no session: its route is registered with config: { session: false }, or its session could not be loaded, ' +
      'or it is asked for before onRequest has run',
  );
}
