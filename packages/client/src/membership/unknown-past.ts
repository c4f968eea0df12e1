import { someOf } from '@sess/discovery';

import { SessClientError } from '../errors.ts';

/** What to do if somebody forged a history that is not signed. */
export const OUT_OF_FORGERY: string =
  'the history is not signed. Give all clients the same historySecret; or stop them, and delete the keys that begin with "@sess/history" on every node.';

/**
 * The error if a session was not found but can't be reported missing.
 *
 * @param truncatedUntil end of the windows of views that did not fit the history, milliseconds since 1970; 0 if all fit
 * @param silent listed nodes that have not answered yet
 * @param isSigned whether the history is signed
 */
export function unknownPast(
  truncatedUntil: number,
  now: number,
  silent: readonly string[],
  isSigned: boolean,
): SessClientError {
  if (truncatedUntil > now) {
    return new SessClientError(
      'SESS_UNAVAILABLE',
      `The list of nodes changed more often than the history of the cluster can hold; until ${new Date(truncatedUntil).toISOString()} the session may be on a node that this client does not ask. ` +
        'Change the list less often, several nodes at once, or keep sessions for a shorter time.' +
        (isSigned ? '' : ` If the list did not change that often, somebody else wrote this: ${OUT_OF_FORGERY}`),
    );
  }
  if (silent.length === 0) {
    return new SessClientError(
      'SESS_UNAVAILABLE',
      'The nodes have lost the history of the cluster for lack of memory, and no client that knows it has written it again yet; the session may be on a node that this client does not ask. ' +
        'Ask again; give memcached more memory.',
    );
  }
  return new SessClientError(
    'SESS_UNAVAILABLE',
    `${someOf(silent)} has not answered since this client started, and no other node has a recent history of the cluster; the session may be there. ` +
      'Bring it back, or take it off the list of nodes.',
    { node: silent[0] },
  );
}
