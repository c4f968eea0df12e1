/** What is known about a session when the headers are about to leave. */
export interface CommitFacts {
  /** `destroy()` was called, and no new session was begun since. */
  readonly destroyed: boolean;
  /** The store holds the session. */
  readonly stored: boolean;
  /** Its data is empty. */
  readonly empty: boolean;
  /** Its encoded data differs from what was loaded or last saved. */
  readonly changed: boolean;
  /** Its id is older than `renewAfterSeconds`. */
  readonly renewalDue: boolean;
  /** Its expiry was last moved `touchAfterSeconds` ago or longer. */
  readonly touchDue: boolean;
  /** The store was out of reach, so nobody knows whether the browser's session exists. */
  readonly unavailable: boolean;
  /** It was renewed, and this request is the first with its new id: the old one must end. */
  readonly newIdUsed: boolean;
  /** Its cookie was signed with an old secret, or names the id before a renewal. */
  readonly secretRotated: boolean;
  /** The request came with an old id in its grace. */
  readonly readOnly: boolean;
  /** No cookie can be set any more. */
  readonly headersSent: boolean;
  /** A shared cache may store the response: a cookie that can wait must not be in it. */
  readonly cacheable: boolean;
  /** The browser keeps the cookie for as long as the session lives, so a touch sets it again. */
  readonly touchSetsCookie: boolean;
}

/** Why a session is or is not written before the headers leave. */
export type CommitReason =
  /** Destroyed: nothing is written. */
  | 'destroyed'
  /** Out of reach: nothing is stored, and the browser keeps its cookie. */
  | 'unavailable'
  /** A visitor without data: nothing is stored, no cookie is set. */
  | 'empty'
  /** A new session whose cookie can't be set any more: not stored, because nobody could ever come back to it. */
  | 'headers-sent'
  /** Neither changed nor due for anything. */
  | 'unchanged'
  /** Changed by a request in flight with an old id: the save fails. */
  | 'read-only'
  /** The first save. */
  | 'new'
  | 'changed'
  /** Saved under a new id. */
  | 'renewal-due'
  /** Saved, because its old id ends now that the new one was used. */
  | 'new-id-used'
  | 'touch-due'
  /** Touched, so that the browser gets a new cookie. */
  | 'secret-rotated';

/** Decides whether and why a session is written before the headers leave. Pure. */
export function decideCommit(facts: CommitFacts): CommitReason {
  if (facts.destroyed) return 'destroyed';
  if (facts.unavailable) return 'unavailable';
  if (!facts.stored) {
    if (facts.empty) return 'empty';
    return facts.headersSent ? 'headers-sent' : 'new';
  }
  if (facts.readOnly) return facts.changed ? 'read-only' : 'unchanged';
  const cookieCanLeave = !facts.headersSent && !facts.cacheable;
  if (facts.renewalDue && cookieCanLeave) return 'renewal-due';
  if (facts.changed) return 'changed';
  if (facts.newIdUsed) return 'new-id-used';
  if (facts.secretRotated && cookieCanLeave) return 'secret-rotated';
  // A touch waits if its cookie must wait. Otherwise the touch would extend the session but not the cookie, and the
  // next response that can carry the cookie would find no touch due.
  const touchWaits = facts.cacheable && facts.touchSetsCookie;
  return facts.touchDue && !touchWaits ? 'touch-due' : 'unchanged';
}
