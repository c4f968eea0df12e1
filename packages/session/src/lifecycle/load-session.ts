import { publish, type LoadEvent } from '../diagnostics.ts';
import { hasCode, type SessionError } from '../errors.ts';
import { loadInGrace } from './grace.ts';
import { ttlSecondsOf, type Identity, type Persisted, type SessionContext } from './session-context.ts';
import { openDeadMarker, openFormer, openMarker } from './moved.ts';
import { openOwner, placeOf } from '../users/session-owner.ts';
import { storageKey } from '../cookie/session-id.ts';
import { sessionChannels, traced, type Judgement } from '../tracing.ts';
import type { SessionData } from '../session.ts';
import type { StoredSession } from '../stores/session-store.ts';

/** What the store said about the ids of a request. */
export type LoadOutcome =
  /** `readOnly`: set if an old id in its grace found the session; the key of the session that replaced it. */
  | {
      readonly kind: 'found';
      readonly persisted: Persisted;
      readonly data: SessionData;
      readonly readOnly?: string | undefined;
    }
  | { readonly kind: 'missing'; readonly why: Exclude<LoadEvent['outcome'], 'hit' | 'unavailable'> }
  /** The store is out of reach, so the session of `identity` may exist. */
  | { readonly kind: 'unavailable'; readonly identity: Identity; readonly error: SessionError };

/**
 * Loads each id in turn until one is found. If none is found and one was out of reach, the outcome is `unavailable`.
 */
export function loadSession(context: SessionContext, identities: readonly Identity[]): Promise<LoadOutcome> {
  const [only] = identities;
  return only !== undefined && identities.length === 1 ? loadOne(context, only) : loadFirstFound(context, identities);
}

async function loadFirstFound(context: SessionContext, identities: readonly Identity[]): Promise<LoadOutcome> {
  let unavailable: LoadOutcome | undefined;
  for (const identity of identities) {
    const outcome = await loadOne(context, identity);
    if (outcome.kind === 'found') return outcome;
    if (outcome.kind === 'unavailable') unavailable ??= outcome;
  }
  return unavailable ?? missing('miss');
}

/**
 * Loads one session.
 *
 * @throws {SessionError} what the store throws, except `SESS_UNAVAILABLE`.
 */
export function loadOne(
  context: SessionContext,
  identity: Identity,
  which: 'checked' | 'revoked-too' = 'checked',
): Promise<LoadOutcome> {
  if (!sessionChannels.load.hasSubscribers) return find(context, identity, which, 0);
  return traced({ operation: 'load', store: context.store.name }, () => find(context, identity, which, 0), judge);
}

function judge(outcome: LoadOutcome): Judgement {
  if (outcome.kind === 'unavailable') return { result: 'unavailable', error: outcome.error };
  return { result: outcome.kind === 'found' ? 'hit' : outcome.why };
}

async function find(
  context: SessionContext,
  identity: Identity,
  which: 'checked' | 'revoked-too',
  hops: number,
): Promise<LoadOutcome> {
  try {
    const stored = await context.store.load(identity.key);
    context.outages.succeeded(identity.key);
    const marker = stored === undefined ? 'none' : openMarker(stored.value, identity.id);
    if (typeof marker === 'object') return await loadMoved(context, marker.id, which, hops);
    if (stored !== undefined && marker === 'none') {
      const outcome = held(context, decode(context, identity, stored), which);
      return outcome instanceof Promise ? await outcome : outcome;
    }
    const grace = context.options.graceSeconds > 0 ? await loadInGrace(context, identity.key) : undefined;
    if (grace !== undefined)
      return await held(context, decode(context, identity, grace.stored, grace.successor), which);
  } catch (error) {
    if (!hasCode(error, 'SESS_UNAVAILABLE')) throw error;
    context.outages.failed(identity.key, error);
    publishLoad(context, 'unavailable', error);
    return { kind: 'unavailable', identity, error };
  }
  publishLoad(context, 'miss');
  context.misses.missed(identity.key);
  return missing('miss');
}

/**
 * The data that another login moved away from this request's session a moment ago, as it was last stored under the old
 * id.
 */
export async function loadKept(context: SessionContext, identity: Identity): Promise<SessionData | undefined> {
  const marker = await context.store.load(identity.key);
  const succeeded = marker && openDeadMarker(marker.value);
  // The marker stays until the copy is written.
  if (marker !== undefined && succeeded !== undefined) {
    const lives = (await context.store.load(succeeded.successor)) !== undefined;
    return lives ? dataOf(decode(context, identity, { ...marker, value: succeeded.value })) : undefined;
  }
  const kept = await loadInGrace(context, identity.key, 'kept');
  return kept && dataOf(decode(context, identity, kept.stored));
}

function dataOf(outcome: LoadOutcome): SessionData | undefined {
  return outcome.kind === 'found' ? outcome.data : undefined;
}

/** Loads the session for a request with the id before a renewal; the browser gets the cookie for the new id again. */
function loadMoved(
  context: SessionContext,
  id: string,
  which: 'checked' | 'revoked-too',
  hops: number,
): Promise<LoadOutcome> | LoadOutcome {
  if (hops === MAX_HOPS) return missing('miss');
  const identity: Identity = { id, key: storageKey(context.options.keyPrefix, id), rotated: true, renewed: true };
  return find(context, identity, which, hops + 1);
}

/** Renewals that are followed from one id; more mean a loop. */
const MAX_HOPS = 8;

/**
 * Turns a session that was revoked with all others of its user into a miss. A promise only if the session has a user;
 * it rejects with `SESS_UNAVAILABLE` if the user's epoch can't be read.
 */
function held(
  context: SessionContext,
  outcome: LoadOutcome,
  which: 'checked' | 'revoked-too',
): LoadOutcome | Promise<LoadOutcome> {
  if (outcome.kind !== 'found') return outcome;
  const user = which === 'checked' ? context.users.userOf(outcome.data) : undefined;
  if (user !== undefined) return unlessRevoked(context, outcome, user);
  hit(context, outcome.persisted);
  return outcome;
}

async function unlessRevoked(
  context: SessionContext,
  outcome: LoadOutcome & { kind: 'found' },
  user: string,
): Promise<LoadOutcome> {
  const { owner, lifetime } = outcome.persisted;
  const isGood = await context.users.isGood(user, owner?.epoch, ttlSecondsOf(context, lifetime));
  if (isGood) {
    hit(context, outcome.persisted);
    return outcome;
  }
  publishLoad(context, 'revoked');
  context.misses.said('revoked');
  return missing('revoked');
}

function missing(why: (LoadOutcome & { kind: 'missing' })['why']): LoadOutcome {
  return { kind: 'missing', why };
}

function decode(context: SessionContext, identity: Identity, stored: StoredSession, readOnly?: string): LoadOutcome {
  let outcome: LoadOutcome & { kind: 'found' };
  try {
    const { formerKey, value } = openFormer(stored.value);
    const { epoch, envelope } = openOwner(value);
    const { lifetime, text } = context.codec.open(placeOf(identity.key, epoch), envelope);
    const data = context.codec.decode(text);
    const owner = epoch === undefined ? undefined : { user: context.users.userOf(data), epoch };
    outcome = {
      kind: 'found',
      persisted: { identity, lifetime: bounded(context, lifetime), text, stored, owner, formerKey },
      data,
      readOnly,
    };
  } catch (error) {
    // Another version or another program wrote it; the visitor gets a new session.
    if (!hasCode(error, 'SESS_UNDECODABLE')) throw error;
    publishLoad(context, 'undecodable', error);
    context.misses.said('foreign');
    return missing('undecodable');
  }
  if (context.options.now() >= outcome.persisted.lifetime.endsAt) {
    publishLoad(context, 'expired');
    context.misses.said('expired');
    return missing('expired');
  }
  return outcome;
}

/** Applies a shorter `absoluteTtlSeconds` also to sessions that began under a longer one. */
function bounded({ options }: SessionContext, lifetime: Persisted['lifetime']): Persisted['lifetime'] {
  if (lifetime.own !== undefined) return lifetime;
  const endsAt = lifetime.createdAt + options.absoluteTtlSeconds * 1_000;
  return endsAt < lifetime.endsAt ? { ...lifetime, endsAt } : lifetime;
}

function hit(context: SessionContext, { identity, stored, lifetime }: Persisted): void {
  publishLoad(context, 'hit');
  context.misses.seen(identity.key, stored.ttlSeconds, lifetime.endsAt);
}

function publishLoad({ store }: SessionContext, outcome: LoadEvent['outcome'], error?: SessionError): void {
  publish('load', () => ({ store: store.name, outcome, ...(error === undefined ? {} : { error }) }));
}
