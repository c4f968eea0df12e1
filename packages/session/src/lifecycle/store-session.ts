import type { StoredContent } from '../content/content.ts';
import { publish } from '../diagnostics.ts';
import { hasCode } from '../errors.ts';
import {
  idleSeconds,
  newIdentity,
  ttlSecondsOf,
  type Identity,
  type Persisted,
  type SessionContext,
} from './session-context.ts';
import { withFormer } from './moved.ts';
import { placeOf, sealOwner, type Owner } from '../users/session-owner.ts';
import type { SessionData } from '../session.ts';
import type { StoredSession } from '../stores/session-store.ts';

/** The content to store. */
export interface Content extends StoredContent {
  readonly data: SessionData;
  /** The owner to store; kept while the data has the same user. */
  readonly owner?: Owner | undefined;
}

/**
 * Ids tried for a new session, so that people can log in while the node for the first id is out of reach. With one of
 * two nodes down every second id hits it, so three tries would fail one login in eight. A node that is known to be down
 * fails at once, so a dozen more tries cost nothing.
 */
const MIN_NEW_IDS = 3;
const MAX_NEW_IDS = 16;

/** After this many milliseconds only `MIN_NEW_IDS` are tried: each may wait for a node that does not answer. */
const NEW_ID_PATIENCE_MS = 1_000;

/**
 * Stores a new session. Keeps `identity` if there is one; otherwise tries another id if the node for the first is out
 * of reach.
 *
 * @throws {SessionError} `SESS_UNAVAILABLE`, `SESS_TOO_LARGE`, `SESS_BAD_DATA`
 */
export async function createSession(
  context: SessionContext,
  content: Content,
  identity: Identity | undefined,
  formerKey?: string,
): Promise<Persisted> {
  context.codec.check(content.text);
  const known = ownerOf(context, content, content.owner, context.options.ttlSeconds);
  const owner = known instanceof Promise ? await known : known;
  const { now } = context.options;
  const retryUntil = now() + NEW_ID_PATIENCE_MS;
  for (let attempt = 1; ; attempt++) {
    const candidate = identity ?? newIdentity(context);
    const value = withFormer(
      formerKey,
      sealOwner(owner, context.codec.seal(placeOf(candidate.key, owner?.epoch), content)),
    );
    try {
      const ttlSeconds = idleSeconds(context, content.lifetime, now());
      const stored = await context.store.save(candidate.key, value, {
        ttlSeconds,
        expect: 'absent',
        user: owner?.user,
      });
      return persisted(context, candidate, { ...content, owner }, stored, formerKey);
    } catch (error) {
      if (hasCode(error, 'SESS_CONFLICT')) {
        // If the same bytes are stored there, this is this session's own earlier save whose acknowledgement was lost.
        const current = await context.store.load(candidate.key);
        if (current !== undefined && Buffer.compare(current.value, value) === 0)
          return persisted(context, candidate, { ...content, owner }, current, formerKey);
      }
      if (identity !== undefined || !hasCode(error, 'SESS_UNAVAILABLE')) throw error;
      if (attempt >= (now() < retryUntil ? MAX_NEW_IDS : MIN_NEW_IDS)) throw error;
      publish('new-id', () => ({ store: context.store.name, attempt, error }));
    }
  }
}

/**
 * Replaces exactly `base`. `former`: whether the id before a renewal still leads here.
 *
 * @throws {SessionError} `SESS_CONFLICT` if another request changed it since, or it is gone; `SESS_UNAVAILABLE`,
 *   `SESS_TOO_LARGE`, `SESS_BAD_DATA`.
 */
export async function storeInPlace(
  context: SessionContext,
  content: Content,
  base: Persisted,
  former: 'stays' | 'ends' = 'stays',
): Promise<Persisted> {
  const { store, options } = context;
  context.codec.check(content.text);
  const known = ownerOf(context, content, content.owner ?? base.owner, ttlSecondsOf(context, base.lifetime));
  const owner = known instanceof Promise ? await known : known;
  const formerKey = former === 'stays' ? base.formerKey : undefined;
  const value = withFormer(
    formerKey,
    sealOwner(owner, context.codec.seal(placeOf(base.identity.key, owner?.epoch), content)),
  );
  const ttlSeconds = idleSeconds(context, content.lifetime, options.now());
  const stored = await store.save(base.identity.key, value, { ttlSeconds, expect: base.stored, user: owner?.user });
  return persisted(context, base.identity, { ...content, owner }, stored, formerKey);
}

/** `ttlBefore`: the idle timeout for which its owner's epoch lives already. */
function ownerOf(
  context: SessionContext,
  { data, lifetime }: Content,
  before: Owner | undefined,
  ttlBefore: number,
): Promise<Owner | undefined> | Owner | undefined {
  return context.users.ownerOf({ data, before, ttlSeconds: ttlSecondsOf(context, lifetime), ttlBefore });
}

function persisted(
  context: SessionContext,
  identity: Identity,
  { text, lifetime, owner }: Content,
  stored: StoredSession,
  formerKey: string | undefined,
): Persisted {
  context.touches.moved(identity.key, stored.ttlSeconds);
  context.misses.seen(identity.key, stored.ttlSeconds, lifetime.endsAt);
  return { identity, lifetime, text, stored, owner, formerKey };
}
