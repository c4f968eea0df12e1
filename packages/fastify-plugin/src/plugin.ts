import {
  claimCookieNames,
  createSessions,
  giveToApplication,
  SessionError,
  sessionsOptions,
  type RequestSession,
  type Session,
  type SessionsOptions,
} from '@sess/session';
import type { FastifyInstance, FastifyReply, FastifyRequest, RegisterOptions, RouteOptions } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { Answer, type ProceedWith } from './answer.ts';
import { logOf } from './log.ts';

/** The options of `createSessions`. */
export interface FastifySessionsOptions extends SessionsOptions {}

/**
 * The application as the plugin's type sees it. Every application fits: of another version of Fastify than this
 * package's types (frameworks such as NestJS bring their own), over HTTP/2, with another logger or type provider.
 */
export interface FastifyApplication {
  hasDecorator(name: string | symbol): boolean;
}

/** The property of a request that holds its {@link Answer}; `null` if it has no session. */
const ANSWER: unique symbol = Symbol('@sess/fastify-plugin.answer');

/** Set in the config of routes whose last `onSend` hook saves the session. */
const SAVES_LAST: unique symbol = Symbol('@sess/fastify-plugin.saves-last');

/** The settings for sessions in the config of a route. */
interface RouteConfig {
  readonly session?: boolean | { readonly touch: boolean };
  readonly [SAVES_LAST]?: true;
}

type SessionRequest = FastifyRequest & { [ANSWER]?: Answer | null };
type Proceed = (error?: Error) => void;

/**
 * Gives every request in its scope a `session`.
 *
 * Opens the session in `onRequest` and saves it in `onSend`, before the headers are sent; hooks and handlers in between
 * can use it. It is also saved if a handler throws. The client that `servers` opened is closed with the application.
 *
 * @throws {SessionError} (from `register`) `SESS_BAD_OPTION`, `SESS_REGISTERED_TWICE`.
 */
export const sessions: (app: FastifyApplication, options: FastifySessionsOptions) => Promise<void> = fastifyPlugin(
  register,
  {
    fastify: '5.x',
    name: '@sess/fastify-plugin',
  },
) as (app: FastifyApplication, options: FastifySessionsOptions) => Promise<void>;

async function register(app: FastifyInstance, options: FastifySessionsOptions & RegisterOptions): Promise<void> {
  if (typeof app?.hasRequestDecorator !== 'function') {
    throw new SessionError(
      'SESS_BAD_OPTION',
      'the plugin was called, and not registered: await app.register(sessions, { servers, secret })',
    );
  }
  if (app.hasRequestDecorator('session')) {
    throw new SessionError(
      'SESS_REGISTERED_TWICE',
      'request.session exists already: @sess/fastify-plugin, or another session plugin, is registered for this scope or one around it. ' +
        'Register one of them, once, or in scopes beside each other',
    );
  }
  // Fastify's own options of `register`, which it also passes to the plugin.
  const { prefix: _prefix, logLevel: _logLevel, logSerializers: _logSerializers, ...given } = sessionsOptions(options);
  const all = createSessions({ ...given, log: given.log ?? logOf(app.log) });
  try {
    claimCookieNames(app.server, all.cookieNames);
    if (!app.hasDecorator('sessions')) {
      app.decorate('sessions', giveToApplication({}, all));
    }
    app.decorateRequest(ANSWER, null);
    // The type fits handlers. Other code, such as loggers, may read `session` where there is none.
    app.decorateRequest('session', { getter: sessionOf as () => Session, setter: refuseAssignment });
    app.addHook('onRoute', saveLast);

    // Callbacks instead of async functions, so that a request without a cookie waits for no promise.
    app.addHook('onRequest', (request: SessionRequest, reply, proceed) => {
      const config: RouteConfig = request.routeOptions.config;
      if (config.session === false) return proceed();
      const answer = new Answer(request, reply, config[SAVES_LAST] === true, touches(config.session));
      const opened = all.open(request.headers.cookie, answer);
      if (opened instanceof Promise) return void load(request, answer, opened, proceed);
      answer.session = opened;
      request[ANSWER] = answer;
      return proceed();
    });
    app.addHook('onSend', (request: SessionRequest, reply, payload, proceed) => {
      // Fastify's own error handlers, routes from before the registration and unknown paths lack the route's hook.
      if (request[ANSWER]?.savesLast === true) return proceed(null, payload);
      return save(request, reply, payload, proceed);
    });
    app.addHook('onClose', () => all.close());
  } catch (error) {
    // If the registration fails, for example because the application is ready already, `onClose` never closes the
    // sessions.
    await all.close();
    throw error;
  }
}

/** Whether requests to the route extend the session's idle timeout. */
function touches(session: RouteConfig['session']): boolean {
  return typeof session !== 'object' || session.touch;
}

/** @throws {SessionError} `SESS_BAD_OPTION` if a route has an unknown setting. */
function checkConfig({ url, config }: RouteOptions): void {
  const session: unknown = config?.session;
  if (session === undefined || typeof session === 'boolean') return;
  const isKnown = typeof session === 'object' && session !== null && Object.entries(session).every(isKnownSetting);
  if (isKnown) return;
  throw new SessionError(
    'SESS_BAD_OPTION',
    `the route "${url}" has an unknown config.session; expected true, false (no session) or { touch: false } (its requests do not extend the session)`,
  );
}

function isKnownSetting([name, value]: [string, unknown]): boolean {
  return name === 'touch' && (value === undefined || typeof value === 'boolean');
}

/**
 * Adds a last `onSend` hook that saves the session: other hooks may still change it, or decide whether caches may store
 * the response.
 */
function saveLast(route: RouteOptions): void {
  checkConfig(route);
  const before = [route.onSend ?? []].flat();
  // A HEAD route inherits the hooks of its GET route.
  if (before.includes(save)) return;
  route.onSend = [...before, save];
  route.config = { ...route.config, [SAVES_LAST]: true } as NonNullable<RouteOptions['config']>;
}

async function load(
  request: SessionRequest,
  answer: Answer,
  opened: Promise<RequestSession>,
  proceed: Proceed,
): Promise<void> {
  let failure: Error | undefined;
  try {
    answer.session = await opened;
    request[ANSWER] = answer;
  } catch (error) {
    failure = error as Error;
  }
  proceed(failure);
}

function save(request: SessionRequest, _reply: FastifyReply, payload: unknown, proceed: ProceedWith): void {
  const answer = request[ANSWER];
  if (!answer) return proceed(null, payload);
  return answer.save(payload, proceed);
}

function sessionOf(this: SessionRequest): Session | undefined {
  return this[ANSWER]?.sessionInUse();
}

function refuseAssignment(): never {
  throw new SessionError(
    'SESS_BAD_DATA',
    'request.session can not be assigned: put data into request.session.data; to log out, await request.session.destroy()',
  );
}
