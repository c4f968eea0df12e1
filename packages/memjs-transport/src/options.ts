import { createSecureContext, type ConnectionOptions as TlsOptions } from 'node:tls';
import { isPlainObject, nearestName, SessClientError, type TransportNode, type TransportOptions } from '@sess/client';

/** Options of `memjsTransport()`, besides those of the client. */
export interface MemjsTransportOptions {
  /**
   * Longest pause before the first attempt to reconnect, in milliseconds; it doubles with every failure, and with
   * every connection that did not last a second. Default 50.
   */
  readonly reconnectMinMs?: number;
  /** Longest pause between two attempts, in milliseconds. Default 2,000. */
  readonly reconnectMaxMs?: number;
}

export interface ReconnectLimits {
  readonly minMs: number;
  readonly maxMs: number;
}

/** @throws SessClientError `SESS_BAD_OPTION` */
export function resolveReconnect(options: MemjsTransportOptions): ReconnectLimits {
  try {
    return resolved(options);
  } catch (cause) {
    if (SessClientError.is(cause)) throw cause;
    // A getter or a proxy. The text of its error may show a value.
    throw new SessClientError(
      'SESS_BAD_OPTION',
      'The options of memjsTransport can not be read: one of them threw an error (see the cause).',
      { cause },
    );
  }
}

function resolved(options: MemjsTransportOptions): ReconnectLimits {
  if (!isPlainObject(options)) {
    const came = typeof options === 'object' && options !== null ? 'an instance of a class' : typeof options;
    throw bad('options', 'an object such as { reconnectMinMs: 50 }', came);
  }
  const { reconnectMinMs = 50, reconnectMaxMs = 2_000, ...others } = options;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    const near = nearestName(unknown, ['reconnectMinMs', 'reconnectMaxMs']);
    throw bad(
      'options',
      near === undefined ? 'reconnectMinMs and reconnectMaxMs' : `"${near}"`,
      // The name may be a misplaced URL with a password.
      near === undefined && !/^\w{1,60}$/.test(unknown) ? 'an option that does not exist' : `"${unknown}"`,
    );
  }
  const minMs = milliseconds('reconnectMinMs', reconnectMinMs);
  const maxMs = milliseconds('reconnectMaxMs', reconnectMaxMs);
  if (maxMs < minMs) throw bad('reconnectMaxMs', `at least reconnectMinMs (${minMs})`, String(maxMs));
  return Object.freeze({ minMs, maxMs });
}

/**
 * Checks everything that can be checked before connecting.
 *
 * @throws SessClientError `SESS_BAD_OPTION`
 */
export function checkNodeOptions(node: TransportNode, { credentials, tls }: TransportOptions): void {
  if (node.path === undefined && !(Number.isInteger(node.port) && node.port > 0 && node.port < 65_536)) {
    throw bad('port', 'a whole number from 1 to 65,535', String(node.port));
  }
  if (credentials !== undefined) {
    // SASL PLAIN separates its parts by NUL. memjs treats an empty part as missing, and reads the environment instead.
    if (!isSaslText(credentials.username))
      throw bad('credentials.username', 'a string, not empty, without NUL', 'something else');
    if (!isSaslText(credentials.password))
      throw bad('credentials.password', 'a string, not empty, without NUL', 'something else');
  }
  if (tls !== false) checkTls(tls);
}

function checkTls(tls: TlsOptions): void {
  try {
    createSecureContext(tls);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : 'unknown error';
    throw new SessClientError(
      'SESS_BAD_OPTION',
      `tls: expected keys and certificates that OpenSSL can read; it says: ${message}`,
      {
        cause,
      },
    );
  }
}

function isSaslText(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0 && !value.includes('\0');
}

function milliseconds(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 3_600_000) return value;
  throw bad(
    name,
    'whole milliseconds from 1 to 3,600,000',
    typeof value === 'number' ? String(value) : `a value of type ${typeof value}`,
  );
}

function bad(name: string, expected: string, came: string): SessClientError {
  return new SessClientError('SESS_BAD_OPTION', `${name}: expected ${expected}, came ${came}.`);
}
