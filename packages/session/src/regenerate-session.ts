import { keptData } from './kept-data.ts';
import { mergeData } from './merge-data.ts';
import { resolveRegenerate } from './regenerate-options.ts';
import { newLifetime } from './session-context.ts';
import type { SessionState } from './session-state.ts';
import type { RegenerateOptions, SessionData } from './session.ts';
import { destroySession, late, readOnly } from './write-session.ts';

/** Gives the session a new id, and drops all data but what is to be kept. */
export async function regenerateSession(state: SessionState, given: RegenerateOptions | readonly string[] | undefined): Promise<void> {
  const { context } = state;
  const { keep, restartLifetime, graceSeconds } = resolveRegenerate(context.options, given);
  if (state.headersSent) throw late('a new id');
  if (state.readOnly !== undefined) throw readOnly();
  const { codec } = context;
  const now = context.options.now();
  const lifetime = restartLifetime || state.destroyed ? newLifetime(context, now) : { ...state.lifetime, idCreatedAt: now };
  const before = keep === true ? undefined : snapshot(state);
  const kept = keep === true ? state.data : keptData(state.data, keep);
  const text = keep === true ? state.encoded() : codec.encode(kept);
  const old = state.persisted;
  if (old !== undefined && text !== codec.empty) {
    await state.told('regenerated', state.moveToNewId(old, { data: kept, text, lifetime }, graceSeconds));
  } else {
    // Without data there is nothing to carry over: the old session ends, and the new one is stored when something is put into it.
    if (old !== undefined) {
      await destroySession(context, old.identity, 'regenerated', old.stored.ttlSeconds);
      state.cookie = state.cookieCame ? 'clear' : undefined;
    }
    state.startOver(lifetime);
  }
  if (keep !== true) startWith(state, before, codec.decode(text));
}

/** The data as it is now; `undefined` where it can't be stored, and so can't be compared. */
function snapshot(state: SessionState): SessionData | undefined {
  try {
    return state.context.codec.decode(state.encoded());
  } catch {
    return undefined;
  }
}

/** Replaces the data. What the handler changed while the new id was made belongs to the new session: not every handler waits. */
function startWith(state: SessionState, before: SessionData | undefined, kept: SessionData): void {
  const now = before && snapshot(state);
  state.replaceData(before === undefined || now === undefined ? kept : mergeData(before, now, kept, 'mine'));
}
