import { publish } from '../diagnostics.ts';
import type { Lifetime } from '../content/envelope.ts';
import { hasCode } from '../errors.ts';
import { loadOne } from './load-session.ts';
import { keepReadable } from './grace.ts';
import { CONFLICT, retryConflicts } from './retry-conflicts.ts';
import type { Persisted, SessionContext } from './session-context.ts';
import { placeOf, sealOwner, type Owner } from '../users/session-owner.ts';
import type { SessionData } from '../session.ts';
import { gone } from './request-errors.ts';
import { storeInPlace } from './store-session.ts';

/** A change of a stored session. After a conflict it is applied again, to what another request stored meanwhile. */
export interface Change {
  readonly lifetime: Lifetime;
  /** The new owner, if it changes although the data does not. */
  readonly owner?: Owner | undefined;
  /**
   * The data to store and its encoding: on top of what this request loaded, or of `theirs`, which another request saved
   * since.
   */
  make(theirs: SessionData | undefined): { readonly data: SessionData; readonly text: string };
}

/**
 * Attempts to save one change before giving up. Requests of one process wait for each other, so only other processes
 * conflict. Because of the pauses, even with a hundred of them at once each succeeds within a dozen tries.
 */
const MAX_ATTEMPTS = 40;

/**
 * Replaces `base` by the changed session, but never revives a session that is gone. If another request saved first, the
 * change is applied again to what it saved.
 *
 * @throws {SessionError} `SESS_DESTROYED` if the session is gone; `SESS_CONFLICT` if others kept saving first, or both
 *   changed one value and `onConflict` is `'error'`; `SESS_UNAVAILABLE`, `SESS_TOO_LARGE`, `SESS_BAD_DATA`.
 */
export async function replaceSession(context: SessionContext, change: Change, base: Persisted): Promise<Persisted> {
  const { saves } = context;
  const { key } = base.identity;
  if (!saves.isTaken(key)) {
    const stored = await tryOnce(context, change, { persisted: base, data: undefined }, 1);
    if (stored !== CONFLICT) return stored;
  }
  const endTurn = await saves.take(key);
  try {
    return await replaceLatest(context, change, base);
  } finally {
    endTurn();
  }
}

/** A session as it is stored, and its data if another request stored it. */
interface Latest {
  readonly persisted: Persisted;
  readonly data: SessionData | undefined;
}

async function replaceLatest(context: SessionContext, change: Change, base: Persisted): Promise<Persisted> {
  return retryConflicts({ from: 2, most: MAX_ATTEMPTS, what: 'other requests saved this session' }, async (attempt) =>
    tryOnce(context, change, await loadLatest(context, change, base), attempt),
  );
}

/** `CONFLICT` if the session has changed since `persisted`. */
async function tryOnce(
  context: SessionContext,
  change: Change,
  { persisted, data: theirs }: Latest,
  attempt: number,
): Promise<Persisted | typeof CONFLICT> {
  const { data, text } = change.make(theirs);
  // Another request saved the same data, or it is this request's own save whose acknowledgement was lost.
  const ends = persisted.formerKey !== undefined && persisted.identity.renewed !== true;
  const unchanged =
    text === persisted.text && !ends && (change.owner === undefined || change.owner.epoch === persisted.owner?.epoch);
  if (unchanged) return theirs === undefined ? CONFLICT : persisted;
  const lifetime = theirs === undefined ? change.lifetime : persisted.lifetime;
  try {
    // This request came with the new id, so the old one is not needed any more.
    if (ends) await endFormer(context, persisted);
    return await storeInPlace(
      context,
      { data, text, lifetime, owner: change.owner },
      persisted,
      ends ? 'ends' : 'stays',
    );
  } catch (error) {
    if (!hasCode(error, 'SESS_CONFLICT')) throw error;
    publish('conflict', () => ({ store: context.store.name, attempt }));
    return CONFLICT;
  }
}

/** Ends the id before a renewal; with `graceSeconds` it stays readable for a while. */
async function endFormer(
  context: SessionContext,
  { formerKey, identity, lifetime, stored, text, owner }: Persisted,
): Promise<void> {
  if (formerKey === undefined) return;
  const { graceSeconds, ttlSeconds } = context.options;
  if (graceSeconds > 0) {
    const value = sealOwner(owner, context.codec.seal(placeOf(formerKey, owner?.epoch), { text, lifetime }));
    const former = { identity: { ...identity, key: formerKey }, lifetime, text, owner, stored: { ...stored, value } };
    await keepReadable(context, former, identity.key, 'grace', graceSeconds);
  }
  await context.store.destroy(formerKey, ttlSeconds);
}

async function loadLatest(context: SessionContext, change: Change, { identity }: Persisted): Promise<Latest> {
  // A session that survives `revokeOthers` counts as revoked until this save gives it the new epoch.
  const outcome = await loadOne(context, identity, change.owner === undefined ? 'checked' : 'revoked-too');
  if (outcome.kind === 'unavailable') throw outcome.error;
  if (outcome.kind === 'missing') throw gone();
  return outcome;
}
