import { reasonOf, SessClientError, tlsAdvice } from '@sess/client';
import type { RefusalCode } from './operation.ts';

type TimeOption = 'timeoutMs' | 'connectTimeoutMs';

/** The errors of one node's transport. They never contain a key, a value or a secret. */
export interface NodeErrors {
  /** The node did not answer a request that was sent. */
  timeout(timeoutMs: number): SessClientError;
  /** @param tried what was tried, and what to check, or empty */
  notSent(timeoutMs: number, tried: string): SessClientError;
  /**
   * The node accepted the connection and was silent since.
   *
   * @param first for a node that has never greeted: the options may not fit it
   */
  silent(
    at: 'handshake' | 'greeting',
    ms: number,
    option: TimeOption,
    first: { readonly isTls: boolean } | undefined,
  ): SessClientError;
  aborted(reason: unknown, sent: boolean): SessClientError;
  closed(): SessClientError;
  tooManyRequests(maxInFlight: number): SessClientError;
  tooManyBytes(maxQueuedBytes: number): SessClientError;
  notConnected(cause: unknown, tls: boolean): SessClientError;
  /** During the pause after a failed attempt to connect. */
  notNow(lastFailure: SessClientError): SessClientError;
  /** @param tried as above */
  connectTimeout(connectTimeoutMs: number, tried: string): SessClientError;
  /** The node has as many connections as its `-c` allows. */
  full(): SessClientError;
  lost(cause: unknown): SessClientError;
  /** During the pause after connections that did not last. */
  tooShort(lastLoss: SessClientError): SessClientError;
  stalled(stalledMs: number): SessClientError;
  /** This process slept, and its connection does not answer, but another one does. */
  forgotten(): SessClientError;
  protocol(what: string): SessClientError;
  auth(what: string): SessClientError;
  refused(code: RefusalCode, what: string): SessClientError;
}

const ONLY_TEXT = 'speaks only text (memcached -B ascii or -Y; use the text transport for it)';
const IF_TLS = {
  handshake: 'does not speak TLS (use memcached://, or leave out the option tls)',
  greeting: ONLY_TEXT,
} as const;
const IF_PLAIN = `expects TLS (memcacheds:// or the option tls), or ${ONLY_TEXT}`;

export function nodeErrors(node: string): NodeErrors {
  const error = (code: SessClientError['code'], message: string, cause?: unknown): SessClientError =>
    new SessClientError(code, `${node}: ${message}`, { node, cause });
  return {
    timeout: (timeoutMs) =>
      error('SESS_TIMEOUT', `no answer within ${timeoutMs} ms (timeoutMs). A write may or may not have happened.`),
    notSent: (timeoutMs, tried) =>
      error('SESS_TIMEOUT', `no connection within ${timeoutMs} ms (timeoutMs); nothing was sent.${tried}`),
    silent: (at, ms, option, first) => {
      const undone = at === 'handshake' ? 'finish the TLS handshake' : 'answer the greeting';
      const hint = first === undefined ? '' : `, or ${first.isTls ? IF_TLS[at] : IF_PLAIN}`;
      return error(
        'SESS_TIMEOUT',
        `it accepted the connection, but did not ${undone} within ${ms} ms (${option}); nothing was sent. It hangs${hint}.`,
      );
    },
    aborted: (reason, sent) => {
      const when = sent ? 'after it was sent. A write may or may not have happened.' : 'before it was sent.';
      return error('SESS_ABORTED', `the request was aborted by its signal ${when}`, reason);
    },
    closed: () => error('SESS_CLOSED', 'the connection to this node was closed by its owner.'),
    tooManyRequests: (maxInFlight) =>
      error('SESS_OVERLOADED', `${maxInFlight} requests wait for an answer (maxInFlight); this one was not sent.`),
    tooManyBytes: (maxQueuedBytes) =>
      error(
        'SESS_OVERLOADED',
        `${maxQueuedBytes} bytes wait for the socket (maxQueuedBytes); this request was not sent.`,
      ),
    notConnected: (cause, tls) =>
      error('SESS_CONNECTION', `could not connect${because(cause)}.${advice(cause, tls)}`, cause),
    notNow: (lastFailure) =>
      error(
        lastFailure.code === 'SESS_AUTH' ? 'SESS_AUTH' : 'SESS_CONNECTION',
        `not sent: there is no connection, and the next attempt is not due yet. ${lastFailure.message}`,
        lastFailure,
      ),
    connectTimeout: (connectTimeoutMs, tried) =>
      error(
        'SESS_TIMEOUT',
        `no connection within ${connectTimeoutMs} ms (connectTimeoutMs), its greeting included.${tried || ' Check that the node speaks the binary protocol.'}`,
      ),
    full: () =>
      error(
        'SESS_CONNECTION',
        'the node takes no more connections: it has as many as its limit allows (memcached -c; stats: max_connections). ' +
          'Raise the limit, or connect fewer processes.',
      ),
    lost: (cause) =>
      error(
        'SESS_CONNECTION',
        `the connection was lost${because(cause)}. A write may or may not have happened.`,
        cause,
      ),
    tooShort: (lastLoss) =>
      error('SESS_CONNECTION', `its connections end soon after they are made${because(lastLoss.cause)}.`, lastLoss),
    stalled: (stalledMs) =>
      error('SESS_CONNECTION', `nothing was answered for ${stalledMs} ms; the connection was given up.`),
    forgotten: () =>
      error(
        'SESS_CONNECTION',
        'this process was stopped for a while, and then the node answered on another connection first; this one was given up.',
      ),
    protocol: (what) => error('SESS_PROTOCOL', `${what}; the connection was closed.`),
    auth: (what) => error('SESS_AUTH', what),
    refused: (code, what) => error(code, what),
  };
}

function because(cause: unknown): string {
  return cause instanceof Error ? ` (${reasonOf(cause)})` : '';
}

/**
 * Advice if the node was reached but hung up, or answered something that OpenSSL can't read: usually only one side
 * speaks TLS.
 */
function advice(cause: unknown, tls: boolean): string {
  // Node.js refused an option, so nothing was sent.
  if (cause instanceof TypeError || cause instanceof RangeError) return '';
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT', 'EACCES'].includes(code))
    return '';
  const both = tls ? tlsAdvice(cause) : undefined;
  if (both !== undefined) return ` ${both}.`;
  if (tls)
    return ' If it does not speak TLS, use memcached:// or leave out the option tls; if it asks for a client certificate, give tls: { cert, key }; at its limit of connections (memcached -c) it refuses without TLS.';
  const full =
    code === 'EPIPE' || code === 'ECONNRESET' ? ' It also hangs up at its limit of connections (memcached -c).' : '';
  return ` If it expects TLS, use memcacheds:// or the option tls; a proxy or load balancer that reaches nothing behind it hangs up, too.${full}`;
}
