import { decideCommit, type CommitFacts, type CommitReason } from './commit-decision.ts';
import { hasCode, SessionError } from '../errors.ts';
import { idleSeconds, isPersistent, ttlSecondsOf, type Persisted } from './session-context.ts';
import type { SessionState } from './session-state.ts';
import type { ResponseFacts } from '../session.ts';
import { readOnly } from './request-errors.ts';
import { sessionChannels } from '../tracing.ts';
import { reportedWork, reportSave, tracedSave } from './save-report.ts';

/**
 * Saves or touches the session before the headers are sent, if necessary. `undefined` if there is nothing to wait for,
 * which is the common case.
 */
export function commitSession(state: SessionState, response?: ResponseFacts): Promise<void> | undefined {
  if (state.committed) return undefined;
  const { headersSent } = state;
  state.committed = true;
  let text: string;
  try {
    text = state.destroyed || state.unreachable !== undefined ? state.context.codec.empty : state.encoded();
  } catch (error) {
    return reportedWork(state, state.persisted === undefined ? 'new' : 'changed', Promise.reject(error));
  }
  state.committedText = text;
  const facts = commitFacts(state, text, headersSent, response?.cacheable === true);
  return carryOut(state, decideCommit(facts), facts, text);
}

function commitFacts(state: SessionState, text: string, headersSent: boolean, cacheable: boolean): CommitFacts {
  const { context, persisted, lifetime, usedAt, destroyed } = state;
  const { renewAfterSeconds } = context.options;
  const { touches, codec } = context;
  const prolongs = state.connection.touch !== false;
  return {
    destroyed,
    unavailable: state.unreachable !== undefined,
    newIdUsed: persisted?.formerKey !== undefined && persisted.identity.renewed !== true,
    stored: persisted !== undefined,
    empty: text === codec.empty,
    changed: persisted !== undefined && text !== persisted.text,
    renewalDue:
      prolongs && renewAfterSeconds !== undefined && usedAt - lifetime.idCreatedAt >= renewAfterSeconds * 1_000,
    touchDue:
      prolongs &&
      persisted !== undefined &&
      touches.isDue(
        persisted.identity.key,
        persisted.stored.ttlSeconds,
        idleSeconds(context, lifetime, usedAt),
        ttlSecondsOf(context, lifetime),
      ),
    secretRotated: prolongs && persisted !== undefined && persisted.identity.rotated,
    readOnly: state.readOnly !== undefined,
    headersSent,
    cacheable,
    touchSetsCookie: isPersistent(context, lifetime),
  };
}

function carryOut(
  state: SessionState,
  reason: CommitReason,
  facts: CommitFacts,
  text: string,
): Promise<void> | undefined {
  switch (reason) {
    case 'headers-sent':
      state.context.warnOnce('SESS_LATE_SESSION');
      break;
    case 'destroyed':
    case 'unavailable':
    case 'empty':
    case 'unchanged':
      break;
    case 'new':
    case 'changed':
    case 'new-id-used':
    case 'renewal-due':
    case 'touch-due':
    case 'secret-rotated':
    case 'read-only':
      return sessionChannels.save.hasSubscribers
        ? tracedSave(state, reason, () => carryOutWrite(state, reason, facts, text))
        : carryOutWrite(state, reason, facts, text);
  }
  reportSave(state, reason, 'skipped');
  return undefined;
}

type WriteReason = Exclude<CommitReason, 'headers-sent' | 'destroyed' | 'unavailable' | 'empty' | 'unchanged'>;

function carryOutWrite(state: SessionState, reason: WriteReason, facts: CommitFacts, text: string): Promise<void> {
  switch (reason) {
    case 'new':
      return reportedWork(state, reason, state.create(text));
    case 'changed':
      return unlessGone(state, reason, (base) => state.replace(base, text));
    case 'new-id-used':
      return unlessOutOfReach(state, reason, text);
    case 'renewal-due':
      return renew(state, facts, text);
    case 'touch-due':
    case 'secret-rotated':
      return touch(state, reason);
    case 'read-only':
      return reportedWork(state, reason, Promise.reject(readOnly()));
  }
}

/**
 * Writes, unless another request destroyed the session meanwhile: then it stays dead, and this request's change is
 * dropped.
 */
async function unlessGone(
  state: SessionState,
  reason: CommitReason,
  write: (base: Persisted) => Promise<void>,
): Promise<void> {
  if (state.persisted === undefined) return;
  try {
    await write(state.persisted);
  } catch (error) {
    if (hasCode(error, 'SESS_DESTROYED')) return reportSave(state, reason, 'dropped', error);
    reportSave(state, reason, 'failed', error);
    throw error;
  }
  reportSave(state, reason, 'written');
}

/** A renewal can wait: if the store is out of reach for the new id, the session keeps the old one. */
async function renew(state: SessionState, facts: CommitFacts, text: string): Promise<void> {
  const lifetime = { ...state.lifetime, idCreatedAt: state.usedAt };
  try {
    if (state.persisted !== undefined && !(await state.renew(state.persisted, text, lifetime))) {
      const withoutRenewal = { ...facts, renewalDue: false };
      return await carryOut(state, decideCommit(withoutRenewal), withoutRenewal, text);
    }
    reportSave(state, 'renewal-due', 'written');
  } catch (error) {
    if (hasCode(error, 'SESS_DESTROYED')) return reportSave(state, 'renewal-due', 'dropped', error);
    reportSave(state, 'renewal-due', 'failed', error);
    if (!hasCode(error, 'SESS_UNAVAILABLE')) throw error;
    const withoutRenewal = { ...facts, renewalDue: false };
    await carryOut(state, decideCommit(withoutRenewal), withoutRenewal, text);
  }
}

/** Ignores failures of the store: the old id can also end with the next request. */
async function unlessOutOfReach(state: SessionState, reason: CommitReason, text: string): Promise<void> {
  try {
    await unlessGone(state, reason, (base) => state.replace(base, text));
  } catch (error) {
    if (!SessionError.is(error)) throw error;
  }
}

/**
 * Extends the idle timeout. A failure does not fail the request: the session existed a moment ago, and the next request
 * touches it.
 */
async function touch(state: SessionState, reason: CommitReason): Promise<void> {
  const { persisted } = state;
  if (persisted === undefined) return;
  try {
    if (!(await state.touch(persisted))) return reportSave(state, reason, 'dropped');
    reportSave(state, reason, 'touched');
  } catch (error) {
    if (!SessionError.is(error)) throw error;
    reportSave(state, reason, 'failed', error);
  }
}
