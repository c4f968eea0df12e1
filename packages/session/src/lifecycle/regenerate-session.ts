import type { DataAtCall } from './data-at-call.ts';
import { keptData } from './kept-data.ts';
import { loadKept } from './load-session.ts';
import { resolveRegeneration, type Regeneration } from '../options/resolve-regeneration.ts';
import { newLifetime } from './session-context.ts';
import { end, endOthers } from './session-operations.ts';
import type { SessionState } from './session-state.ts';
import type { RegenerateOptions, SessionData } from '../session.ts';
import { destroySession } from './destroy-session.ts';
import { late, readOnly } from './request-errors.ts';
import { reportedSave } from './save-report.ts';

/** Gives the session a new id and drops all data that is not kept. */
export async function regenerateSession(
  state: SessionState,
  given: RegenerateOptions | readonly string[] | undefined,
  call: DataAtCall,
): Promise<void> {
  const regeneration = resolveRegeneration(state.context.options, given);
  if (state.headersSent) throw late('a new id');
  if (state.readOnly !== undefined && regeneration.keep === true) throw readOnly();
  try {
    await moveToNewId(state, regeneration, call);
    state.notMoved = undefined;
  } catch (error) {
    state.notMoved = error;
    throw error;
  }
}

async function moveToNewId(state: SessionState, regeneration: Regeneration, call: DataAtCall): Promise<void> {
  const { context, persisted: old, readOnly: inGrace, unreachable } = state;
  const { keep, restartLifetime, graceSeconds, own } = regeneration;
  const { codec } = context;
  const now = context.options.now();
  const isFresh = restartLifetime || own !== undefined || state.destroyed || unreachable !== undefined;
  const lifetime = isFresh ? newLifetime(context, now, own) : { ...state.lifetime, idCreatedAt: now };
  const pick = (data: SessionData): SessionData => (keep === true ? data : keptData(data, keep));
  let text =
    keep === true
      ? state.encoded()
      : keep.length === 0
        ? codec.empty
        : codec.encode(pick(call.text === undefined ? state.data : codec.decode(call.text)));
  const [came] = state.came;
  if (came !== undefined && keep !== true && keep.length > 0 && isMissing(state)) {
    text = codec.encode({ ...pick((await loadKept(context, came)) ?? {}), ...codec.decode(text) });
  }
  if (state.came.length > 0) await endOthers(state);
  if (old !== undefined && inGrace === undefined && text !== codec.empty) {
    await reportedSave(state, 'regenerated', () => state.moveToNewId(old, { pick, text, lifetime }, graceSeconds));
  } else {
    // Without data there is nothing to carry over: the old session ends, and the new one is stored once it has data.
    if (old !== undefined && inGrace === undefined) await end(state, old, 'regenerated');
    // A session that is out of reach may survive this; the new one gets another id anyway.
    if (unreachable !== undefined)
      await Promise.allSettled([destroySession(context, unreachable.identity, 'regenerated')]);
    state.startOver(lifetime);
    state.cookie = state.cookieCame ? 'clear' : undefined;
  }
  if (keep !== true) state.beginAnew(state.withLaterChanges(call, codec.decode(state.persisted?.text ?? text)));
}

/**
 * Whether the request's session was not found. In the second request of a double click, the first may have given it
 * another id.
 */
function isMissing({ persisted, unreachable, destroyed }: SessionState): boolean {
  return persisted === undefined && unreachable === undefined && !destroyed;
}
