import { SessClientError } from '../errors.ts';

/**
 * Why a request was not sent: the node is down. `SESS_AUTH` when it refuses the credentials, for which waiting does not
 * help; otherwise `SESS_UNAVAILABLE`. Times in milliseconds, `since` and `now` since 1970.
 */
export function unreachable(
  nodeId: string,
  since: number,
  now: number,
  nextProbeInMs: number,
  cause: Error | undefined,
): SessClientError {
  const reason = cause === undefined ? 'it does not answer' : cause.message;
  const nextProbe = nextProbeInMs === 0 ? 'It is being probed now.' : `Next probe in ${Math.ceil(nextProbeInMs)} ms.`;
  const duration = `since ${new Date(since).toISOString()} (${((now - since) / 1000).toFixed(1)} s)`;
  if (SessClientError.is(cause) && cause.code === 'SESS_AUTH') {
    const message = `Node ${nodeId} refuses the credentials ${duration}: ${sentence(reason)} Check the option credentials, or the node's user list. ${nextProbe}`;
    return new SessClientError('SESS_AUTH', message, { node: nodeId, cause });
  }
  return new SessClientError(
    'SESS_UNAVAILABLE',
    `Node ${nodeId} is out of reach ${duration}: ${sentence(reason)} ${nextProbe}`,
    {
      node: nodeId,
      cause,
    },
  );
}

/** With one mark at its end. */
function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}
