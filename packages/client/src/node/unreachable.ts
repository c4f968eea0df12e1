import { SessClientError } from '../errors.ts';

/**
 * The error of a request that was not sent because the node is down. `SESS_AUTH` if the node refuses the credentials,
 * because waiting does not help; otherwise `SESS_UNAVAILABLE`. Times in milliseconds, `since` and `now` since 1970.
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

/** Adds a full stop if the text has no end mark. */
function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}
