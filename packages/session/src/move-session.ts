import { endGrace, keepReadable } from './grace.ts';
import { createSession, destroySession, gone, type Content } from './write-session.ts';
import type { Persisted, SessionContext } from './session-context.ts';

/**
 * Stores `content` under a new id and destroys `old`, which can be read for `graceSeconds` more.
 *
 * The new one is written first: where that fails, nothing has changed. Only a session that was still there is carried over: one that another request
 * destroyed meanwhile must not live on under a new id, so what was written is withdrawn. Nobody has seen the new id by then.
 *
 * @throws {SessionError} `SESS_DESTROYED` when `old` is gone; `SESS_UNAVAILABLE`, `SESS_TOO_LARGE`, `SESS_BAD_DATA`.
 */
export async function moveSession(context: SessionContext, content: Content, old: Persisted, graceSeconds: number): Promise<Persisted> {
  const next = await createSession(context, content, undefined);
  const readable = graceSeconds > 0 && (await keepReadable(context, old, next.identity.key, graceSeconds));
  let existed: boolean;
  try {
    existed = await destroySession(context, old.identity, 'regenerated', old.stored.ttlSeconds);
  } catch (error) {
    await withdraw(context, next, readable ? old : undefined);
    throw error;
  }
  if (existed) return next;
  await withdraw(context, next, readable ? old : undefined);
  throw gone();
}

/** Where this fails, the record ends with its time to live: its id is known to nobody. */
async function withdraw(context: SessionContext, { identity }: Persisted, readable: Persisted | undefined): Promise<void> {
  const { store, options } = context;
  const next = store.destroy(identity.key, options.ttlSeconds);
  const grace = readable && endGrace(context, readable.identity.key);
  await Promise.allSettled([next, grace]);
}
