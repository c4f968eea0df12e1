/**
 * Copies of sessions that requests in flight with an old id can read, for `graceSeconds` after the session got another
 * id.
 *
 * The old key gets its tombstone at once, on every node that holds it. The readable copy has its own key and names the
 * new key. It is the session as it was stored under the old id, so a holder of that id sees nothing newer. It is valid
 * only while the session exists under its new id.
 */
import crypto from 'node:crypto';
import { SessionError } from '../errors.ts';
import { openDeadMarker } from './moved.ts';
import type { Persisted, SessionContext } from './session-context.ts';
import type { StoredSession } from '../stores/session-store.ts';

/** Longest time for which an old id can be read. It is for requests in flight, not for browsers that keep two ids. */
export const MAX_GRACE_SECONDS = 300;

/** New ids that are followed from one old id. More mean a loop. */
const MAX_SUCCESSORS = 8;

/** A session under its old id, and the key under which it was stored next. */
interface Grace {
  readonly stored: StoredSession;
  readonly successor: string;
}

/**
 * Who reads the copy: `grace`, requests in flight with the old id; `kept`, a second login in flight, which keeps what
 * the first one kept.
 */
export type GraceKind = 'grace' | 'kept';

/** Stores a readable copy of `old`. If that fails, the old id is dead at once. */
export async function keepReadable(
  context: SessionContext,
  old: Persisted,
  successor: string,
  kind: GraceKind,
  seconds: number,
): Promise<void> {
  const head = Buffer.from(successor, 'latin1');
  const value = Buffer.concat([Buffer.of(head.length), head, old.stored.value]);
  try {
    await context.store.save(graceKey(context, old.identity.key, kind), value, {
      ttlSeconds: seconds,
      expect: 'absent',
    });
  } catch (error) {
    if (!SessionError.is(error)) throw error;
  }
}

/** Ends the grace of the session that was stored under `key`. */
export async function endGrace(context: Pick<SessionContext, 'store' | 'options'>, key: string): Promise<void> {
  const seconds = Math.max(1, context.options.graceSeconds);
  await Promise.allSettled(
    (['grace', 'kept'] as const).map((kind) => context.store.destroy(graceKey(context, key, kind), seconds)),
  );
}

/** Whether another login gave the session under `key` a new id, and the session still lives. */
export async function isContinued(context: SessionContext, key: string): Promise<boolean> {
  const marker = await context.store.load(key);
  const successor = marker && openDeadMarker(marker.value)?.successor;
  // The marker stays until the copy is written.
  if (successor !== undefined) return (await newestKey(context, successor)) !== undefined;
  return (await loadInGrace(context, key, 'kept')) !== undefined;
}

/** The readable copy of the session that was stored under `key`, if its successor lives. */
export async function loadInGrace(
  context: SessionContext,
  key: string,
  kind: GraceKind = 'grace',
): Promise<Grace | undefined> {
  const grace = await readGrace(context, key, kind);
  if (grace === undefined) return undefined;
  return (await newestKey(context, grace.successor)) === undefined ? undefined : grace;
}

/** The present key of the session that was stored under `key`; `undefined` if it has ended. */
async function newestKey(context: SessionContext, key: string): Promise<string | undefined> {
  let present = key;
  for (let hop = 0; hop < MAX_SUCCESSORS; hop += 1) {
    if ((await context.store.load(present)) !== undefined) return present;
    const grace = await readGrace(context, present, 'grace');
    if (grace === undefined) return undefined;
    present = grace.successor;
  }
  return undefined;
}

async function readGrace(context: SessionContext, key: string, kind: GraceKind): Promise<Grace | undefined> {
  const stored = await context.store.load(graceKey(context, key, kind));
  if (stored === undefined) return undefined;
  const value = Buffer.from(stored.value);
  const end = 1 + (value[0] ?? 0);
  return { successor: value.toString('latin1', 1, end), stored: { ...stored, value: value.subarray(end) } };
}

function graceKey({ options }: Pick<SessionContext, 'options'>, key: string, kind: GraceKind): string {
  return options.keyPrefix + crypto.hash('sha256', `${kind} of ${key}`, 'base64url');
}
