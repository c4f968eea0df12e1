import { reasonOf, tlsAdvice } from '@sess/discovery';
import { SessClientError } from '../../errors.ts';
import { ReplyFault } from './reply-fault.ts';

/** No answer in time. */
export function timedOut(node: string, timeoutMs: number): SessClientError {
  return new SessClientError(
    'SESS_TIMEOUT',
    `The node ${node} did not answer within ${timeoutMs} ms; a write may or may not have happened.`,
    { node },
  );
}

/**
 * The request waited for a connection until it timed out.
 *
 * @param tried what was tried, and what to check, after a space, or empty
 */
export function notSentInTime(node: string, timeoutMs: number, tried: string): SessClientError {
  const text = `There was no connection to ${node} within ${timeoutMs} ms (timeoutMs); nothing was sent.${tried}`;
  return new SessClientError('SESS_TIMEOUT', text, { node });
}

/** @param tried as above */
export function notConnectedInTime(node: string, ms: number, tried: string): SessClientError {
  const text = `No connection to ${node} within ${ms} ms (connectTimeoutMs).${tried}`;
  return new SessClientError('SESS_TIMEOUT', text, { node });
}

/** The node began to greet, and did not finish within `ms`. */
export function halfGreeting(node: string, ms: number, option: 'connectTimeoutMs' | 'timeoutMs'): SessClientError {
  const text = `The node ${node} accepted the connection, but did not complete the greeting within ${ms} ms (${option}): it hangs, or is not a memcached.`;
  return new SessClientError('SESS_TIMEOUT', text, { node });
}

/** The caller's signal fired; `sent`: whether the request was written. */
export function aborted(node: string, reason: unknown, sent: boolean): SessClientError {
  const state = sent ? 'after it was sent: a write may or may not have happened' : 'before it was sent';
  return new SessClientError('SESS_ABORTED', `The request to ${node} was aborted ${state}.`, { node, cause: reason });
}

export function closed(node: string): SessClientError {
  return new SessClientError('SESS_CLOSED', `The transport to ${node} was closed.`, { node });
}

export function tooManyInFlight(node: string, maxInFlight: number): SessClientError {
  const text = `${maxInFlight} requests to ${node} wait for an answer, as many as \`maxInFlight\` allows; nothing was sent.`;
  return new SessClientError('SESS_OVERLOADED', text, { node });
}

export function tooManyQueuedBytes(node: string, maxQueuedBytes: number): SessClientError {
  const text = `The node ${node} does not take bytes as fast as they come, and \`maxQueuedBytes\` (${maxQueuedBytes}) are waiting; nothing was sent.`;
  return new SessClientError('SESS_OVERLOADED', text, { node });
}

/** The caller transferred or resized the value's buffer before it was written. */
export function resized(node: string): SessClientError {
  const text = `The value changed its length before it was sent to ${node}; leave its buffer alone until the promise settles. Nothing was sent.`;
  return new SessClientError('SESS_BAD_VALUE', text, { node });
}

/** The connection is open, but no reply comes. */
export function stalled(node: string, ms: number): SessClientError {
  const text = `The connection to ${node} was dropped: nothing was answered for ${ms} ms while requests waited.`;
  return new SessClientError('SESS_CONNECTION', text, { node });
}

/** This process slept, and the connection from before does not answer, but another one does. */
export function forgotten(node: string): SessClientError {
  const text = `The connection to ${node} was dropped: this process was stopped for a while, and then the node answered on another connection first.`;
  return new SessClientError('SESS_CONNECTION', text, { node });
}

/** There is no connection because of `cause`; the next attempt is in `waitMs`. `tooShort`: the last ones were made. */
export function resting(node: string, waitMs: number, cause: SessClientError, tooShort: boolean): SessClientError {
  const why = tooShort ? ', because its connections end soon after they are made' : '';
  const text = `Nothing was sent, and ${node} is tried again in ${Math.ceil(waitMs)} ms${why}: ${cause.message}`;
  return new SessClientError(cause.code, text, { node, cause });
}

/** The connection ended with the request in flight. */
export function lost(node: string, cause: SessClientError): SessClientError {
  const text = `The connection to ${node} ended before the answer came; a write may or may not have happened. ${cause.message}`;
  return new SessClientError(cause.code, text, { node, cause });
}

/** No connection could be made, so the request was not sent. */
export function notConnected(node: string, cause: SessClientError): SessClientError {
  return new SessClientError(cause.code, `Nothing was sent: ${cause.message}`, { node, cause });
}

/** Wraps the error that ended a connection. */
export function connectionError(node: string, error: unknown): SessClientError {
  if (SessClientError.is(error)) return error;
  if (error instanceof ReplyFault) {
    const text = `The connection to ${node} was closed: ${error.message}.`;
    return new SessClientError(error.code, text, { node, cause: error });
  }
  return new SessClientError('SESS_CONNECTION', `The connection to ${node} failed: ${reasonOf(error)}.`, {
    node,
    cause: error,
  });
}

/**
 * The node accepted the connection and sent nothing within `ms`.
 *
 * @param option the one that sets that time
 * @param first how a node was greeted that has never greeted: the options may not fit it
 */
export function silentGreeting(
  node: string,
  ms: number,
  option: 'connectTimeoutMs' | 'timeoutMs',
  first: { readonly isTls: boolean; readonly asksMeta: boolean } | undefined,
): SessClientError {
  let reasons = '';
  if (first !== undefined) {
    const orTls = first.isTls ? '' : ', or expects TLS (memcacheds:// or the option tls)';
    const orProxy = first.asksMeta ? ", or is a proxy that ignores `mn` (textTransport({ dialect: 'classic' }))" : '';
    reasons = `${orTls}${orProxy}, or ${BINARY_ONLY}`;
  }
  const text = `The node ${node} accepted the connection, but did not answer the greeting within ${ms} ms (${option}): it hangs${reasons}.`;
  return new SessClientError('SESS_TIMEOUT', text, { node });
}

/**
 * The node accepted the connection and did not finish the TLS handshake within `ms`.
 *
 * @param option the one that sets that time
 * @param hasGreeted whether the node has greeted before: then it speaks TLS
 */
export function silentTls(
  node: string,
  ms: number,
  option: 'connectTimeoutMs' | 'timeoutMs',
  hasGreeted: boolean,
): SessClientError {
  const reason = hasGreeted ? '' : ', or does not speak TLS (use memcached://, or leave out the option tls)';
  const text = `The node ${node} accepted the connection, but did not finish the TLS handshake within ${ms} ms (${option}): it hangs${reason}.`;
  return new SessClientError('SESS_TIMEOUT', text, { node });
}

/** A node without the text protocol waits for the rest of a short greeting, and hangs up on a long one. */
const BINARY_ONLY =
  'speaks only the binary protocol (memcached -B binary; start it without, or use memjsTransport() of @sess/memjs-transport)';

/** The connection ended before the node greeted: usually because only one of the two uses TLS. */
export function notGreeted(
  node: string,
  error: unknown,
  tls: 'none' | 'failed' | 'agreed',
  hasCredentials: boolean,
): SessClientError {
  if (SessClientError.is(error)) return error;
  const advice = tls === 'none' ? undefined : tlsAdvice(error);
  const withCredentials = hasCredentials && tls !== 'failed' ? NO_CREDENTIALS : '';
  const text =
    advice === undefined
      ? `${NOT_GREETED[tls](node, reasonOf(error))}${withCredentials}`
      : `The node ${node} and this client can't agree on TLS (${reasonOf(error)}). ${advice}.`;
  return new SessClientError('SESS_CONNECTION', text, { node, cause: error });
}

const NO_CREDENTIALS = ' A proxy that takes no credentials, such as twemproxy, hangs up on them: leave them out.';

const NOT_GREETED: Readonly<Record<'none' | 'failed' | 'agreed', (node: string, reason: string) => string>> = {
  none: (node, reason) =>
    `The node ${node} ended the connection instead of a greeting (${reason}). If it expects TLS, use memcacheds:// or the option tls; if it is a proxy or load balancer, it reaches nothing behind it, or knows neither \`mn\` nor \`version\`, with which this client greets; at its limit of connections (memcached -c) it hangs up, too, and if it ${BINARY_ONLY}.`,
  failed: (node, reason) =>
    `The node ${node} and this client can't agree on TLS (${reason}). If it does not speak TLS, use memcached:// or leave out the option tls; at its limit of connections (memcached -c) it refuses without TLS.`,
  agreed: (node, reason) =>
    `The node ${node} ended the connection instead of a greeting (${reason}). If it is a proxy or load balancer, it reaches nothing behind it, or knows neither \`mn\` nor \`version\`, with which this client greets; if it asks for a client certificate, give tls: { cert, key }; it hangs up, too, if it ${BINARY_ONLY}.`,
};
