import { ActiveSession } from './lifecycle/active-session.ts';
import { contentCodec } from './content/content.ts';
import { openBackedStore } from './stores/backed/backed-store.ts';
import { cookieSigner } from './cookie/cookie-signature.ts';
import { hasCode } from './errors.ts';
import { KeyedMutex } from './lifecycle/keyed-mutex.ts';
import { LateChanges } from './lifecycle/late-changes.ts';
import { loadSession, type LoadOutcome } from './lifecycle/load-session.ts';
import { clientOf, memcachedStore, openMemcachedStore } from './stores/memcached-store.ts';
import { MissWatch } from './lifecycle/miss-watch.ts';
import { openOperatorLog } from './lifecycle/operator-log.ts';
import { OF_SESSIONS, reasonOf } from './lifecycle/outage-log.ts';
import type { StoreSource } from './options/cluster-options.ts';
import type { ResolvedOptions, SessionsOptions } from './options/options.ts';
import { resolveOptions, sessionsOptions } from './options/resolve-options.ts';
import { requestIdentities } from './cookie/request-identities.ts';
import type { Identity, SessionContext } from './lifecycle/session-context.ts';
import { sessionCookie } from './cookie/session-cookie.ts';
import { SessionState, type Beginning } from './lifecycle/session-state.ts';
import { SessionUsers } from './users/session-users.ts';
import type { SessionStore } from './stores/session-store.ts';
import type { Connection, RequestSession, Sessions } from './session.ts';
import { touchThrottle } from './lifecycle/touch-throttle.ts';
import { warnOnce } from './lifecycle/warn-once.ts';

/**
 * Sessions for one application, without a framework; the adapters wrap it.
 *
 * @throws {SessionError} `SESS_BAD_OPTION`, before anything is opened.
 */
export function createSessions(given: SessionsOptions): Sessions {
  const own = sessionsOptions(given);
  const options = resolveOptions(own);
  const warn = warnOnce();
  const cache = openCache(options.source, options.secrets);
  const store = openStore(cache, options);
  const log = openOperatorLog(clientOf(cache), { ...options, isGiven: own.log !== undefined });
  const context: SessionContext = {
    options,
    store,
    signer: cookieSigner(options.secrets),
    cookie: sessionCookie(options.secure, options.cookie),
    codec: contentCodec(options, warn),
    touches: touchThrottle(options.touchAfterSeconds, options.now),
    saves: new KeyedMutex(),
    users: new SessionUsers(store, options),
    warnOnce: warn,
    lateChanges: new LateChanges(warn),
    outages: log.outages(OF_SESSIONS),
    misses: new MissWatch(store, options),
  };
  let isClosed = false;
  const identities = requestIdentities(context.cookie, context.signer, options.keyPrefix);
  if (options.source.kind === 'servers') warnIfUnreachable(context);
  return {
    cookieNames: [...new Set([context.cookie.name(false), context.cookie.name(true)])],
    open(cookieHeader, connection) {
      const presented = cookieHeader === undefined ? NONE : identities.in(cookieHeader, connection.secure);
      if (presented.length === 0) return begin(context, connection, NOTHING_PRESENTED);
      return loadSession(context, presented).then((outcome) =>
        begin(context, connection, beginning(context, connection, outcome, presented)),
      );
    },
    async revokeUser(user) {
      await context.users.revoke(user);
    },
    ofUser: (user) => context.users.ofUser(user),
    end: (user, key) => context.users.end(user, key),
    ready: async () => context.store.ready?.(),
    get state() {
      return isClosed ? 'closed' : (store.state ?? 'ready');
    },
    async close() {
      isClosed = true;
      log.close();
      if (options.source.kind === 'servers' || options.backing !== undefined) await context.store.close();
    },
  };
}

const NONE: readonly Identity[] = [];
const NOTHING_PRESENTED: Beginning = { presented: NONE };

function openStore(cache: SessionStore, { source, backing, now, log }: ResolvedOptions): SessionStore {
  return backing === undefined ? cache : openBackedStore(cache, backing, { now, log }, source.kind === 'servers');
}

function openCache(source: StoreSource, secrets: readonly string[]): SessionStore {
  if (source.kind === 'store') return source.store;
  return source.kind === 'client' ? memcachedStore(source.client) : openMemcachedStore(source.client, secrets);
}

/** Warns if no node answers: otherwise the only sign of a wrong address is that every visitor is anonymous. */
function warnIfUnreachable(context: SessionContext): void {
  context.store.ready?.().catch((error: unknown) => {
    if (hasCode(error, 'SESS_UNAVAILABLE')) context.warnOnce('SESS_NOT_READY', reasonOf(error));
  });
}

/** Does not adopt an id that the store does not hold. If the store is out of reach, `onUnavailable` decides. */
function beginning(
  { options }: SessionContext,
  connection: Connection,
  outcome: LoadOutcome,
  presented: readonly Identity[],
): Beginning {
  if (outcome.kind === 'found') return { found: outcome, presented };
  if (outcome.kind === 'missing') return { presented };
  connection.onUnavailable?.();
  const { identity, error } = outcome;
  return { unreachable: { identity, error, policy: options.onUnavailable(error) }, presented };
}

function begin(context: SessionContext, connection: Connection, from: Beginning): RequestSession {
  return new ActiveSession(new SessionState(context, connection, from));
}
