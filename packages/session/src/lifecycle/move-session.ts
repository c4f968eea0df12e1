import { hasCode } from '../errors.ts';
import { endGrace, isContinued, keepReadable } from './grace.ts';
import { loadOne, type LoadOutcome } from './load-session.ts';
import { deadMarker, movedMarker } from './moved.ts';
import { idleSeconds, type Persisted, type SessionContext } from './session-context.ts';
import type { SessionData } from '../session.ts';
import { destroySession } from './destroy-session.ts';
import { gone } from './request-errors.ts';
import { createSession, storeInPlace, type Content } from './store-session.ts';

/**
 * Makes the content for the new id from this request's data, merged with `theirs` if another request saved meanwhile.
 */
export type MakeContent = (theirs: SessionData | undefined) => Content;

/** Attempts to replace an old key before giving up because of conflicts with other saves. */
const MAX_ATTEMPTS = 40;

/** Seconds for which a second login in flight with the old id finds what the first one kept. */
const DOUBLE_LOGIN_SECONDS = 30;

/**
 * Stores a session under a new id and destroys `old`, which stays readable for `graceSeconds`.
 *
 * The new one is written first: if that fails, nothing has changed. A compare-and-swap replaces the old one by a
 * marker, so what another request saved meanwhile is carried over. If another request destroyed the session meanwhile,
 * the new one is withdrawn: the session must not live on, and nobody has seen the new id yet. If another login gave the
 * session a new id, both succeed.
 *
 * @throws {SessionError} `SESS_DESTROYED` if `old` is gone; `SESS_UNAVAILABLE`, `SESS_TOO_LARGE`, `SESS_BAD_DATA`.
 */
export async function moveSession(
  context: SessionContext,
  makeContent: MakeContent,
  old: Persisted,
  graceSeconds: number,
): Promise<Persisted> {
  const { key } = old.identity;
  let next = await createSession(context, makeContent(undefined), undefined);
  try {
    const replaced = await replaceByMarker(
      context,
      old,
      ({ stored }) => deadMarker({ successor: next.identity.key, value: stored.value }),
      async (theirs) => void (next = await storeInPlace(context, makeContent(theirs), next)),
    );
    if (replaced.kind === 'missing' && !(await isContinued(context, key))) throw gone();
    if (replaced.kind === 'missing') return next;
    const last = replaced.persisted;
    if (graceSeconds > 0) await keepReadable(context, last, next.identity.key, 'grace', graceSeconds);
    await keepReadable(context, last, next.identity.key, 'kept', DOUBLE_LOGIN_SECONDS);
    await destroyReplaced(context, last, 'regenerated');
  } catch (error) {
    await withdraw(context, next, key);
    throw error;
  }
  return next;
}

/**
 * Renews a session's id without a call by the application. The old id leads to the new one until the new one is first
 * used, so a lost response logs nobody out.
 *
 * `undefined` if another request renewed it first: then the old id leads to the session.
 *
 * @throws {SessionError} as {@link moveSession}
 */
export async function renewSession(
  context: SessionContext,
  makeContent: MakeContent,
  old: Persisted,
): Promise<Persisted | undefined> {
  let next = await createSession(context, makeContent(undefined), undefined, old.identity.key);
  const marker = (): Buffer => movedMarker(old.identity, next.identity);
  try {
    const replaced = await replaceByMarker(
      context,
      old,
      marker,
      async (theirs) => void (next = await storeInPlace(context, makeContent(theirs), next)),
      'same-id',
    );
    if (replaced.kind === 'missing') throw gone();
    if (replaced.persisted.identity.key === old.identity.key) return next;
  } catch (error) {
    await withdraw(context, next, undefined);
    throw error;
  }
  await withdraw(context, next, undefined);
  return undefined;
}

/** Ends a session under its present id. Resolves with whether there was one. */
export async function endSession(context: SessionContext, session: Persisted): Promise<boolean> {
  const replaced = await replaceByMarker(
    context,
    session,
    () => deadMarker(),
    async () => undefined,
  );
  if (replaced.kind !== 'found') return destroySession(context, session.identity, 'asked', session);
  await destroyReplaced(context, replaced.persisted, 'asked');
  if (replaced.persisted.identity.key !== session.identity.key)
    await destroySession(context, session.identity, 'asked');
  return true;
}

/**
 * Replaces the marker by a tombstone, and destroys the former id that led there. If that fails, the marker keeps the
 * session dead.
 */
async function destroyReplaced(
  context: SessionContext,
  session: Persisted,
  reason: 'asked' | 'regenerated',
): Promise<void> {
  const { identity, formerKey } = session;
  const former = formerKey === undefined ? undefined : context.store.destroy(formerKey, context.options.ttlSeconds);
  await Promise.allSettled([destroySession(context, identity, reason, session), former]);
}

/**
 * Replaces exactly the latest stored form of `session` by a marker. `onNewer` gets what another request saved since. If
 * a renewal moved the session, it continues under the new id; with `same-id` it stops there and replaces nothing.
 */
async function replaceByMarker(
  context: SessionContext,
  session: Persisted,
  marker: (replaced: Persisted) => Buffer,
  onNewer: (theirs: SessionData) => Promise<void>,
  where: 'any-id' | 'same-id' = 'any-id',
): Promise<Exclude<LoadOutcome, { kind: 'unavailable' }>> {
  let found: LoadOutcome & { kind: 'found' } = { kind: 'found', persisted: session, data: {} };
  for (let attempt = 1; ; attempt++) {
    const { identity, stored, lifetime } = found.persisted;
    const ttlSeconds = Math.max(stored.ttlSeconds ?? 0, idleSeconds(context, lifetime, context.options.now()));
    try {
      await context.store.save(identity.key, marker(found.persisted), { ttlSeconds, expect: stored });
      return found;
    } catch (error) {
      if (!hasCode(error, 'SESS_CONFLICT') || attempt === MAX_ATTEMPTS) throw error;
    }
    const latest = await loadOne(context, identity, 'revoked-too');
    if (latest.kind === 'unavailable') throw latest.error;
    if (latest.kind === 'missing' || latest.readOnly !== undefined) return { kind: 'missing', why: 'miss' };
    if (where === 'same-id' && latest.persisted.identity.key !== session.identity.key) return latest;
    await onNewer(latest.data);
    found = latest;
  }
}

/** Destroys a session whose id was never sent to a browser. If that fails, the record expires. */
async function withdraw(
  { store, options }: SessionContext,
  { identity }: Persisted,
  graceOf: string | undefined,
): Promise<void> {
  const next = store.destroy(identity.key, options.ttlSeconds);
  const grace = graceOf === undefined ? undefined : endGrace({ store, options }, graceOf);
  await Promise.allSettled([next, grace]);
}
