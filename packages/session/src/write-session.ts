import { setTimeout as sleep } from 'node:timers/promises';
import type { StoredContent } from './content-codec.ts';
import { publish } from './diagnostics.ts';
import { hasCode, SessionError } from './errors.ts';
import { idleSeconds, newIdentity, type Identity, type Persisted, type SessionContext } from './session-context.ts';
import type { SessionData } from './session.ts';
import type { StoredSession } from './session-store.ts';

/** What is to be stored. */
export interface Content extends StoredContent {
  readonly data: SessionData;
}

/**
 * Ids tried for a new session, so that people can log in while the node for the first id is out of reach. With one of two nodes down every other id
 * hits it, so three would fail one login in eight; but a node that is known to be down fails at once, and a dozen more tries cost nothing.
 */
const MIN_NEW_IDS = 3;
const MAX_NEW_IDS = 16;

/** Past this only the least number is tried, in milliseconds: each may wait for a node that does not answer. */
const NEW_ID_PATIENCE_MS = 1_000;

/** Saves of one change to a session that others change, too, before it is given up. */
const MAX_ATTEMPTS = 16;

/** Longest pause between two of them, in milliseconds. */
const MAX_PAUSE_MS = 64;

/**
 * Stores a session that is not stored yet. `identity` is kept where it was given out already; otherwise another one is taken where its node is out of
 * reach.
 *
 * @throws {SessionError} `SESS_UNAVAILABLE`, `SESS_TOO_LARGE`, `SESS_BAD_DATA`
 */
export async function createSession(context: SessionContext, content: Content, identity: Identity | undefined): Promise<Persisted> {
  context.codec.check(content.data, content.text);
  const { now } = context.options;
  const patientUntil = now() + NEW_ID_PATIENCE_MS;
  for (let attempt = 1; ; attempt++) {
    const candidate = identity ?? newIdentity(context);
    const value = context.codec.seal(candidate.key, content);
    try {
      const ttlSeconds = idleSeconds(context, content.lifetime, now());
      const stored = await context.store.save(candidate.key, value, { ttlSeconds, expect: 'absent' });
      return persisted(context, candidate, content, stored);
    } catch (error) {
      if (hasCode(error, 'SESS_CONFLICT')) {
        // An id that is in use already is this session's own: an earlier save arrived, but its acknowledgement was lost.
        const current = await context.store.load(candidate.key);
        if (current !== undefined && Buffer.compare(current.value, value) === 0) return persisted(context, candidate, content, current);
      }
      if (identity !== undefined || !hasCode(error, 'SESS_UNAVAILABLE')) throw error;
      if (attempt >= (now() < patientUntil ? MAX_NEW_IDS : MIN_NEW_IDS)) throw error;
      publish('new-id', () => ({ store: context.store.name, attempt, error }));
    }
  }
}

/**
 * Stores a changed session in place of `base`, and never where there is none any more.
 *
 * Where another request saved first, this one's data is written over it, as a whole: of two requests that change one session at once, the later
 * save wins. This is the one place that decides so; merging belongs here.
 *
 * @throws {SessionError} `SESS_DESTROYED` when the session is gone; `SESS_CONFLICT` when others kept saving first; `SESS_UNAVAILABLE`,
 *   `SESS_TOO_LARGE`, `SESS_BAD_DATA`.
 */
export async function replaceSession(context: SessionContext, content: Content, base: Persisted): Promise<Persisted> {
  const { store, options } = context;
  const { identity } = base;
  context.codec.check(content.data, content.text);
  const value = context.codec.seal(identity.key, content);
  let expect = base.stored;
  for (let attempt = 1; ; attempt++) {
    try {
      const ttlSeconds = idleSeconds(context, content.lifetime, options.now());
      const stored = await store.save(identity.key, value, { ttlSeconds, expect });
      return persisted(context, identity, content, stored);
    } catch (error) {
      if (!hasCode(error, 'SESS_CONFLICT')) throw error;
      publish('conflict', () => ({ store: store.name, attempt }));
      if (attempt === MAX_ATTEMPTS) {
        throw new SessionError('SESS_CONFLICT', `other requests saved this session first, ${MAX_ATTEMPTS} times in a row`, {
          cause: error,
        });
      }
    }
    // The pause spreads requests that would otherwise meet again and again; a lone rival is met without one.
    if (attempt > 1) await sleep(Math.random() * Math.min(MAX_PAUSE_MS, 2 ** attempt));
    const current = await store.load(identity.key);
    if (current === undefined) throw gone();
    // What another request wrote is what this one would write, or it is this one's own, whose acknowledgement was lost.
    if (Buffer.compare(current.value, value) === 0) return persisted(context, identity, content, current);
    expect = current;
  }
}

/** Destroys a session. Whether there was one. */
export async function destroySession(
  context: SessionContext,
  identity: Identity,
  reason: 'asked' | 'regenerated',
  remainingSeconds = 0,
): Promise<boolean> {
  const { store, options } = context;
  // No copy of the session can live longer than this, so the key stays unusable as long as one could come back.
  const tombstoneSeconds = Math.max(options.ttlSeconds, remainingSeconds);
  try {
    const existed = await store.destroy(identity.key, tombstoneSeconds);
    publish('destroy', () => ({ store: store.name, reason, outcome: existed ? 'destroyed' : 'missing' }));
    return existed;
  } catch (error) {
    publish('destroy', () => ({ store: store.name, reason, outcome: 'failed', ...(SessionError.is(error) ? { error } : {}) }));
    throw error;
  }
}

/** The error for a session that another request ended. */
export function gone(): SessionError {
  return new SessionError('SESS_DESTROYED', 'the session was destroyed, got another id or expired while this request ran');
}

function persisted(context: SessionContext, identity: Identity, { text, lifetime }: Content, stored: StoredSession): Persisted {
  context.touches.moved(identity.key, stored.ttlSeconds);
  return { identity, lifetime, text, stored };
}
