import { SessClientError } from '../errors.ts';

/**
 * The error if a session was not found but can't be reported missing.
 *
 * @param truncatedUntil end of the windows of views that did not fit the history, milliseconds since 1970; 0 if all fit
 * @param silent listed nodes that have not answered yet
 */
export function unknownPast(truncatedUntil: number, now: number, silent: readonly string[]): SessClientError {
  if (truncatedUntil > now) {
    return new SessClientError(
      'SESS_UNAVAILABLE',
      `The list of nodes changed more often than the history of the cluster can hold; until ${new Date(truncatedUntil).toISOString()} a session may be where this client does not look. ` +
        'Change the list less often, several nodes at once, or keep sessions for a shorter time.',
    );
  }
  if (silent.length === 0) {
    return new SessClientError(
      'SESS_UNAVAILABLE',
      'The nodes have lost the history of the cluster for lack of memory, and nobody who knows it has told it again yet; a session may be where this client does not look. ' +
        'Ask again; give memcached more memory.',
    );
  }
  return new SessClientError(
    'SESS_UNAVAILABLE',
    `${silent.join(', ')} has not answered since this client started, and no other node knows what came before; a session may be there. ` +
      'Bring it back, or take it off the list of nodes.',
    { node: silent[0] },
  );
}
