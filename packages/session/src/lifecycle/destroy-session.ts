import { publish } from '../diagnostics.ts';
import { SessionError } from '../errors.ts';
import { sessionChannels, traced } from '../tracing.ts';
import type { Identity, Persisted, SessionContext } from './session-context.ts';

/** Destroys a session. Resolves with whether there was one. */
export function destroySession(
  context: SessionContext,
  { key }: Pick<Identity, 'key'>,
  reason: 'asked' | 'regenerated',
  session?: Pick<Persisted, 'lifetime' | 'stored'>,
): Promise<boolean> {
  const work = (): Promise<boolean> => removeFromStore(context, key, reason, session);
  if (!sessionChannels.destroy.hasSubscribers) return work();
  return traced({ operation: 'destroy', store: context.store.name, reason }, work, (existed) => ({
    result: existed ? 'destroyed' : 'missing',
  }));
}

async function removeFromStore(
  context: SessionContext,
  key: string,
  reason: 'asked' | 'regenerated',
  session: Pick<Persisted, 'lifetime' | 'stored'> | undefined,
): Promise<boolean> {
  const { store, options } = context;
  // No copy of the session can live longer than this, so the key stays unusable as long as one could come back.
  const tombstoneSeconds = Math.max(
    options.ttlSeconds,
    session?.lifetime.own?.ttlSeconds ?? 0,
    session?.stored.ttlSeconds ?? 0,
  );
  try {
    const existed = await store.destroy(key, tombstoneSeconds);
    publish('destroy', () => ({ store: store.name, reason, outcome: existed ? 'destroyed' : 'missing' }));
    return existed;
  } catch (error) {
    context.outages.failed(key, error);
    publish('destroy', () => ({
      store: store.name,
      reason,
      outcome: 'failed',
      ...(SessionError.is(error) ? { error } : {}),
    }));
    throw error;
  }
}
