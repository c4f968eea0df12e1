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

/** A change of a stored session, which can be made again on what another request stored meanwhile. */
export interface Change {
  readonly lifetime: Lifetime;
  /** Whose session it is from now on, where that changes though the data does not. */
  readonly owner?: Owner | undefined;
  /**
   * What is to be stored, and its encoding: over what this request loaded, or over `theirs`, which another request
   * saved since.
   */
  make(theirs: SessionData | undefined): { readonly data: SessionData; readonly text: string };
}

/**
 * Saves of one change before it is given up. Requests of one process wait for each other, so rivals are other
 * processes: with a hundred of them at once each meets a free moment within a dozen tries, because of the pauses.
 */
const MAX_ATTEMPTS = 40;

/**
 * Stores a changed session in place of `base`, and never where there is none any more. Where another request saved
 * first, the change is made again on what that one saved.
 *
 * @throws {SessionError} `SESS_DESTROYED` when the session is gone; `SESS_CONFLICT` when others kept saving first, or
 *   both changed one value and `onConflict` says so; `SESS_UNAVAILABLE`, `SESS_TOO_LARGE`, `SESS_BAD_DATA`.
 */
export async function replaceSession(context: SessionContext, change: Change, base: Persisted): Promise<Persisted> {
  const { turns } = context;
  const { key } = base.identity;
  if (!turns.isTaken(key)) {
    const stored = await tryOnce(context, change, { persisted: base, data: undefined }, 1);
    if (stored !== CONFLICT) return stored;
  }
  const endTurn = await turns.take(key);
  try {
    return await replaceLatest(context, change, base);
  } finally {
    endTurn();
  }
}

/** A session as it is stored, and its data where another request stored it. */
interface Latest {
  readonly persisted: Persisted;
  readonly data: SessionData | undefined;
}

async function replaceLatest(context: SessionContext, change: Change, base: Persisted): Promise<Persisted> {
  return retryConflicts({ from: 2, most: MAX_ATTEMPTS, what: 'other requests saved this session' }, async (attempt) =>
    tryOnce(context, change, await loadLatest(context, change, base), attempt),
  );
}

/** `CONFLICT` where what the change is made on is not the latest. */
async function tryOnce(
  context: SessionContext,
  change: Change,
  { persisted, data: theirs }: Latest,
  attempt: number,
): Promise<Persisted | typeof CONFLICT> {
  const { data, text } = change.make(theirs);
  // What another request saved is what this one would save, or it is this one's own, whose acknowledgement was lost.
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

/** The id before a renewal leads nowhere from now on; where that is allowed, it can be read for a while. */
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
  // One that is made the exception of a revocation is revoked until then.
  const outcome = await loadOne(context, identity, change.owner === undefined ? 'checked' : 'revoked-too');
  if (outcome.kind === 'unavailable') throw outcome.error;
  if (outcome.kind === 'missing') throw gone();
  return outcome;
}
