import { isIP } from 'node:net';
import { checkServerIdentity, type ConnectionOptions, type PSKCallbackNegotation } from 'node:tls';
import { reasonOf } from './reason-of.ts';

/** `code` of an error for which a function among the options of `node:tls` is to blame. */
export const TLS_FUNCTION = 'ERR_SESS_TLS_FUNCTION';

/**
 * The options of `node:tls` that decide who the server is. Checks certificates against `host`, or `tls.servername`,
 * whatever the address is.
 *
 * Node.js ends the process if `checkServerIdentity` throws: here the connection fails instead. It also fails with a
 * readable reason if a function returns something else than `node:tls` expects.
 */
export function tlsIdentity(
  host: string,
  tls: ConnectionOptions,
): Pick<ConnectionOptions, 'servername' | 'checkServerIdentity' | 'pskCallback'> {
  const name = tls.servername ?? host;
  const check = tls.checkServerIdentity ?? checkServerIdentity;
  const { pskCallback } = tls;
  return {
    // Server name indication must be a name (RFC 6066).
    servername: isIP(name) === 0 ? name : '',
    checkServerIdentity: (_connected, certificate) => refusalOf(() => check(name, certificate)),
    ...(pskCallback && { pskCallback: (hint) => keyOf(() => pskCallback(hint)) }),
  };
}

function refusalOf(check: () => unknown): Error | undefined {
  try {
    const refusal = check();
    // As `node:tls` sees it.
    if (!refusal) return undefined;
    return isKnown(refusal) ? refusal : failure('checkServerIdentity', refusal);
  } catch (error) {
    return isKnown(error) ? error : failure('checkServerIdentity', error);
  }
}

function keyOf(pskCallback: () => unknown): PSKCallbackNegotation | null {
  let key: unknown;
  try {
    key = pskCallback();
  } catch (error) {
    throw failure('pskCallback', error);
  }
  if (key === undefined || key === null) return null;
  if (isKey(key)) return key;
  throw failure(
    'pskCallback',
    key instanceof Promise ? key : 'it must return { psk, identity }, bytes and a text, or null',
  );
}

function isKey(key: unknown): key is PSKCallbackNegotation {
  if (typeof key !== 'object' || key === null || !('psk' in key && 'identity' in key)) return false;
  return ArrayBuffer.isView(key.psk) && typeof key.identity === 'string';
}

/** An error of Node.js says more than that a function refused the server. */
function isKnown(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'ERR_TLS_CERT_ALTNAME_INVALID';
}

function failure(option: 'checkServerIdentity' | 'pskCallback', reason: unknown): Error {
  const error = new Error(`tls.${option}: ${inOneLine(reason)}`, { cause: reason });
  return Object.assign(error, { code: TLS_FUNCTION });
}

function inOneLine(reason: unknown): string {
  if (reason instanceof Promise) {
    // It may reject, which would end the process.
    reason.catch(() => undefined);
    return 'it returned a promise, but must answer at once';
  }
  if (reason instanceof Error || typeof reason === 'string') return reasonOf(reason).split('\n', 1)[0] ?? '';
  return `it answered with a value of type ${typeof reason}`;
}
