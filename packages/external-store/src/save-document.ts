import { setTimeout as sleep } from 'node:timers/promises';
import { SessClientError, type CacheRecord, type Client } from '@sess/client';
import { decodeDocument, encodeDocument, type Document } from './document.ts';
import { isConflict, StoreError } from './errors.ts';
import { HeldRecord, type Held, type SaveRequest } from './held.ts';
import { mergeDocuments } from './merge-documents.ts';

/** Saves of one change to a session that others change, too, before it is given up. */
const MAX_ATTEMPTS = 16;

/** Longest pause between two of them, in milliseconds. */
const MAX_PAUSE_MS = 64;

/** `text` is the encoding of `request.session`. Resolves with `undefined` when the session was destroyed. */
export async function saveDocument(client: Client, key: string, text: string, request: SaveRequest): Promise<Held | undefined> {
  const { base, ttlSeconds } = request;
  if (base === 'new') {
    const written = await begin(client, key, text, ttlSeconds);
    if (written !== undefined) return new HeldRecord(written);
  }
  const seen = Buffer.from(text);
  let current = base instanceof HeldRecord ? base.record : await client.get(key);
  if (current === undefined && base === 'new') throw reusedId();
  let value = base instanceof HeldRecord && !base.isMerged ? text : combine(text, current, request);
  for (let attempt = 1; ; attempt++) {
    try {
      const written = await client.set(key, value, { ttlSeconds, expect: current ?? 'absent' });
      return value === text ? new HeldRecord(written) : new HeldRecord(written, seen);
    } catch (error) {
      if (!isConflict(error) || attempt === MAX_ATTEMPTS) throw error;
    }
    // The pause spreads requests that would otherwise meet again and again; a lone rival is met without one.
    if (attempt > 1) await sleep(Math.random() * Math.min(MAX_PAUSE_MS, 2 ** attempt));
    current = await client.get(key);
    // There was one, or its tombstone refused the write.
    if (current === undefined) return undefined;
    value = combine(text, current, request);
  }
}

/**
 * Stores a session that this request began. `undefined` where something is there already.
 *
 * A library chooses the id, so another node can't be tried by another id. While a node that is down could hold the key, an `add` can't know that
 * nothing is there; but nothing was ever stored under an id that was made just now.
 */
async function begin(client: Client, key: string, text: string, ttlSeconds: number): Promise<CacheRecord | undefined> {
  try {
    return await client.set(key, text, { ttlSeconds, expect: 'absent' });
  } catch (error) {
    if (isConflict(error)) return undefined;
    if (!SessClientError.is(error) || error.code !== 'SESS_UNAVAILABLE') throw error;
    return client.set(key, text, { ttlSeconds });
  }
}

/** What to store in place of `current`. Without knowing what a request was based on, what it holds counts as changed by it, as a whole. */
function combine(text: string, current: CacheRecord | undefined, { base, ownKeys, unchanged }: SaveRequest): string {
  const theirs = current === undefined ? undefined : decodeDocument(current.value);
  if (theirs === undefined) return text;
  const mine = JSON.parse(text) as Document;
  if (base instanceof HeldRecord) return encodeDocument(mergeDocuments(base.document, mine, theirs, ownKeys));
  return unchanged === true ? encodeDocument(mergeDocuments(mine, mine, theirs, ownKeys)) : text;
}

function reusedId(): StoreError {
  return new StoreError(
    'SESS_CONFLICT',
    'a new session has the id of one that was destroyed: ids are not used again. Is there a generator of ids that makes the same one twice?',
  );
}
