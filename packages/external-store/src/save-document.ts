import { setTimeout as sleep } from 'node:timers/promises';
import type { CacheRecord, Client } from '@sess/client';
import { decodeDocument, encodeDocument, type Document } from './document.ts';
import { isConflict, StoreError } from './errors.ts';
import { HeldRecord, type Held, type SaveRequest } from './held.ts';
import { mergeDocuments } from './merge-documents.ts';
import { withSpare } from './time-to-live.ts';

/** Saves of one change to a session that others change, too, before it is given up. */
const MAX_ATTEMPTS = 16;

/** Longest pause between two of them, in milliseconds. */
const MAX_PAUSE_MS = 64;

/** `text` is the encoding of `request.session`. Resolves with `undefined` when the session was destroyed. */
export async function saveDocument(client: Client, key: string, text: string, request: SaveRequest): Promise<Held | undefined> {
  const { base, ttlSeconds } = request;
  const seen = Buffer.from(text);
  let current = await expectation(client, key, base);
  let value = base instanceof HeldRecord && !base.isMerged ? text : combine(text, current, request);
  for (let attempt = 1; ; attempt++) {
    try {
      const written = await client.set(key, value, { ttlSeconds: withSpare(ttlSeconds), expect: current ?? 'absent' });
      return value === text ? new HeldRecord(written) : new HeldRecord(written, seen);
    } catch (error) {
      if (!isConflict(error) || attempt === MAX_ATTEMPTS) throw error;
    }
    // The pause spreads requests that would otherwise meet again and again; a lone rival is met without one.
    if (attempt > 1) await sleep(Math.random() * Math.min(MAX_PAUSE_MS, 2 ** attempt));
    current = await client.get(key);
    if (current === undefined) {
      // What refused the write was a tombstone.
      if (base === 'new') throw reusedId();
      return undefined;
    }
    value = combine(text, current, request);
  }
}

/** What is taken to be stored before the first try. */
async function expectation(client: Client, key: string, base: SaveRequest['base']): Promise<CacheRecord | undefined> {
  if (base instanceof HeldRecord) return base.record;
  return base === 'unknown' ? client.get(key) : undefined;
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
