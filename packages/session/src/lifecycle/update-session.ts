import { isPromise } from 'node:util/types';
import { SessionError } from '../errors.ts';
import { loadOne } from './load-session.ts';
import { mergeData } from './merge-data.ts';
import type { Change } from './replace-session.ts';
import type { SessionState } from './session-state.ts';
import type { SessionData, Updated } from '../session.ts';
import { gone, late, readOnly, unavailable } from './request-errors.ts';
import { reportedSave } from './save-report.ts';

type Update<T> = (data: SessionData) => T;

/**
 * Applies `update` to the stored session merged with this request's unsaved changes, and saves both. After a conflict
 * it repeats that on what others saved. Until it succeeds, `session.data` is unchanged.
 */
export async function updateSession<T>(state: SessionState, update: Update<T>): Promise<Updated<T>> {
  if (typeof update !== 'function')
    throw new SessionError('SESS_BAD_DATA', 'session.update takes a function that changes the data it is given');
  if (state.destroyed) throw gone();
  await findUnreachable(state);
  if (state.readOnly !== undefined) throw readOnly();
  const applied = applying(state, update);
  const { persisted } = state;
  if (persisted !== undefined) await reportedSave(state, 'asked', () => state.replaceBy(persisted, applied));
  else await begin(state, applied);
  const returned = applied.returned();
  return (returned === undefined ? state.data : returned) as Updated<T>;
}

interface Applying<T> extends Change {
  /** The data with this request's changes, encoded, before `update`. */
  readonly unsaved: string;
  /** What the last call of `update` returned. */
  returned(): T | undefined;
}

function applying<T>(state: SessionState, update: Update<T>): Applying<T> {
  const { persisted, lifetime, context } = state;
  const { codec, options } = context;
  const unsaved = state.encoded();
  let returned: T | undefined;
  return {
    unsaved,
    lifetime,
    make(theirs) {
      const mine = codec.decode(unsaved);
      const data =
        theirs === undefined
          ? mine
          : mergeData(codec.decode(persisted?.text ?? codec.empty), mine, theirs, options.onConflict);
      returned = update(data);
      if (isPromise(returned)) {
        // Ignore the rejection, or it would be unhandled; the error below reports the mistake.
        void Promise.allSettled([returned]);
        throw new SessionError(
          'SESS_BAD_DATA',
          'the function given to session.update returned a promise; it must change the data at once, because it may run several times: await what it needs before',
        );
      }
      return { data, text: codec.encode(data) };
    },
    returned: () => returned,
  };
}

/** The first save of a new session. */
async function begin<T>(state: SessionState, applied: Applying<T>): Promise<void> {
  const { data, text } = applied.make(undefined);
  if (text !== state.context.codec.empty) {
    if (state.headersSent) throw late('the cookie of a new session');
    await reportedSave(state, 'asked', () => state.create(text, data));
  }
  state.adopt(applied.unsaved, text);
}

/** Loads a session that was out of reach when the request began: a counter must not restart because of an outage. */
async function findUnreachable(state: SessionState): Promise<void> {
  if (state.unreachable === undefined || state.persisted !== undefined) return;
  const outcome = await loadOne(state.context, state.unreachable.identity);
  if (outcome.kind === 'unavailable') throw unavailable(outcome.error);
  if (outcome.kind === 'found') {
    const { codec, options } = state.context;
    const mine = codec.decode(state.encoded());
    state.calls?.adopt(codec.empty, codec.encode(outcome.data));
    state.reloaded(outcome.persisted, mergeData({}, mine, outcome.data, options.onConflict), outcome.readOnly);
  } else state.foundMissing();
}
