import {
  CONFLICT,
  mergeData,
  retryConflicts,
  SessionError,
  type SessionStore,
  type StoredSession,
} from '@sess/session';
import { decodeDocument, encodeDocument, type Document } from './document.ts';
import { StoreError } from './errors.ts';
import { HeldSession, type Held, type SaveRequest } from './held.ts';

/** Attempts to save one change before giving up because of conflicts. */
const MAX_ATTEMPTS = 16;

/** `text` is the encoding of `request.session`. Resolves with `undefined` if the session was destroyed. */
export async function saveDocument(
  store: SessionStore,
  key: string,
  text: string,
  request: SaveRequest,
): Promise<Held | undefined> {
  const { base, ttlSeconds } = request;
  const mine = Buffer.from(text);
  let current = base instanceof HeldSession ? base.stored : base === 'unknown' ? await store.load(key) : undefined;
  let value = base instanceof HeldSession && !base.isMerged ? mine : combine(mine, current, request);
  return retryConflicts({ most: MAX_ATTEMPTS, what: 'other requests saved this session' }, async (attempt) => {
    if (attempt > 1) {
      current = await store.load(key);
      // A tombstone refused the write.
      if (current === undefined) return base === 'new' ? refuseReusedId() : undefined;
      value = combine(mine, current, request);
    }
    try {
      return new HeldSession(
        await store.save(key, value, { ttlSeconds, expect: current ?? 'absent' }),
        mine === value ? undefined : mine,
      );
    } catch (error) {
      if (SessionError.is(error) && error.code === 'SESS_CONFLICT') return CONFLICT;
      throw error;
    }
  });
}

/**
 * The bytes to store in place of `current`. If the base of the request is unknown, its whole session counts as changed.
 */
function combine(mine: Buffer, current: StoredSession | undefined, { base, ownKeys, unchanged }: SaveRequest): Buffer {
  const theirs = current === undefined ? undefined : decodeDocument(current.value);
  if (theirs === undefined) return mine;
  const document = JSON.parse(mine.toString()) as Document;
  const from = base instanceof HeldSession ? base.document : unchanged === true ? document : undefined;
  return from === undefined ? mine : Buffer.from(encodeDocument(merge(from, document, theirs, ownKeys)));
}

/** Merges key by key at the top level; if both changed one, `mine` wins. */
function merge(base: Document, mine: Document, theirs: Document, ownKeys: readonly string[] = []): Document {
  const merged = mergeData(base, mine, theirs, 'mine', 1) as Document;
  for (const key of ownKeys) {
    if (Object.hasOwn(mine, key)) merged[key] = mine[key];
    else delete merged[key];
  }
  return merged;
}

function refuseReusedId(): never {
  throw new StoreError(
    'SESS_CONFLICT',
    'a new session has the id of one that was destroyed: ids are not used again. Does the generator of ids return the same one twice?',
  );
}
