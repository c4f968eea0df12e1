import type { DataAtCall } from './data-at-call.ts';
import { endGrace } from './grace.ts';
import { loadOne } from './load-session.ts';
import { endSession } from './move-session.ts';
import type { Persisted } from './session-context.ts';
import type { SessionState } from './session-state.ts';
import { destroySession } from './destroy-session.ts';
import { sessionChannels, traced } from '../tracing.ts';
import { gone, late, readOnly, unavailable } from './request-errors.ts';
import { reportedSave } from './save-report.ts';

/**
 * Ends the session. A request with an old id in its grace ends only that grace: the holder of an id from before a login
 * must not log the user out.
 */
export async function destroy(state: SessionState, call: DataAtCall): Promise<void> {
  const { context, persisted, unreachable } = state;
  await endOthers(state);
  if (state.readOnly !== undefined && persisted !== undefined) await endGrace(context, persisted.identity.key);
  else if (persisted !== undefined) await end(state, persisted, 'asked');
  else if (unreachable !== undefined) await destroySession(context, unreachable.identity, 'asked');
  state.persisted = undefined;
  state.readOnly = undefined;
  state.unreachable = undefined;
  // Not saved, unless `regenerate` starts another session.
  state.data = state.withLaterChanges(call, {});
  state.destroyed = true;
  state.cookie = state.cookieCame ? 'clear' : undefined;
}

/** Ends a stored session, also if another request renewed its id meanwhile. */
export async function end(
  { context }: SessionState,
  session: Persisted,
  reason: 'asked' | 'regenerated',
): Promise<void> {
  if (context.options.renewAfterSeconds !== undefined) await endSession(context, session);
  else await destroySession(context, session.identity, reason, session);
}

/** Ends the sessions of the browser's other cookies of this name, or one of them would log in the next request. */
export async function endOthers(state: SessionState): Promise<void> {
  const own = state.persisted?.identity ?? state.unreachable?.identity;
  const others = state.came.filter(({ key }) => key !== own?.key);
  await Promise.all(others.map((other) => destroySession(state.context, other, 'asked')));
  state.came = [];
}

export async function save(state: SessionState): Promise<void> {
  if (state.destroyed) throw gone();
  if (state.unreachable !== undefined) throw unavailable(state.unreachable.error);
  const text = state.encoded();
  if (state.persisted !== undefined) {
    // Nothing to write, but a socket or a stream saves to learn whether the session still lives.
    if (text === state.persisted.text) return state.readOnly === undefined ? touch(state) : undefined;
    if (state.readOnly !== undefined) throw readOnly();
    const { persisted } = state;
    await reportedSave(state, 'asked', () => state.replace(persisted, text));
  } else if (text !== state.context.codec.empty) {
    if (state.headersSent) throw late('the cookie of a new session');
    await reportedSave(state, 'asked', () => state.create(text));
  }
}

/**
 * Extends the idle timeout of the session under its present id. It is loaded first, because it may have been revoked or
 * got another id.
 */
export function touch(state: SessionState): Promise<void> {
  const { store } = state.context;
  return sessionChannels.touch.hasSubscribers
    ? traced(
        { operation: 'touch', store: store.name },
        () => prolong(state),
        () => ({ result: 'touched' }),
      )
    : prolong(state);
}

async function prolong(state: SessionState): Promise<void> {
  if (state.destroyed) throw gone();
  if (state.unreachable !== undefined) throw unavailable(state.unreachable.error);
  if (state.readOnly !== undefined) throw readOnly();
  if (state.persisted === undefined) return;
  const latest = await loadOne(state.context, state.persisted.identity);
  if (latest.kind === 'unavailable') throw unavailable(latest.error);
  if (latest.kind === 'missing' || latest.readOnly !== undefined) throw gone();
  if (!(await state.touch(latest.persisted))) throw gone();
}

export async function reload(state: SessionState, call: DataAtCall): Promise<void> {
  if (state.destroyed) throw gone();
  const identity = state.persisted?.identity ?? state.unreachable?.identity;
  const outcome = identity === undefined ? undefined : await loadOne(state.context, identity);
  if (outcome?.kind === 'unavailable') throw unavailable(outcome.error);
  if (outcome?.kind === 'found')
    return state.reloaded(outcome.persisted, state.withLaterChanges(call, outcome.data), outcome.readOnly);
  if (state.persisted !== undefined) throw gone();
  state.replaceData(state.withLaterChanges(call, {}));
  if (state.unreachable !== undefined) state.foundMissing();
}
