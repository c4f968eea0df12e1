import { createSecureContext, type ConnectionOptions } from 'node:tls';

/**
 * The expected values of `node:tls` options, so that a wrong one fails where it is given, not at the first connection.
 */
const EXPECTED: readonly (readonly [keyof ConnectionOptions, string, (value: unknown) => boolean])[] = [
  ['ca', 'certificates in PEM', isPem],
  ['cert', 'a certificate in PEM', isPem],
  ['key', 'a private key in PEM', isPem],
  ['servername', 'the name in the certificate', (value) => typeof value === 'string'],
  ['checkServerIdentity', 'a function', (value) => typeof value === 'function'],
];

/** Options of `node:tls` that would redirect connections from their nodes. */
const PLACES: readonly (keyof ConnectionOptions)[] = ['host', 'port', 'path', 'socket', 'lookup'];

/** Why connections over TLS can't be made with these options of `node:tls`; `undefined` if they can. */
export function faultOfTls(tls: ConnectionOptions): string | undefined {
  const place = PLACES.find((name) => tls[name] !== undefined);
  if (place !== undefined)
    return `"${place}" is no option here: the list of nodes says where to connect to. Leave it out`;
  if ('onread' in tls && tls.onread !== undefined)
    return '"onread" is no option here: the client reads from its connections itself. Leave it out';
  for (const [name, expected, fits] of EXPECTED) {
    const value = tls[name];
    if (value === undefined || value === null || fits(value)) continue;
    // The value is not shown: it may be a private key.
    const advice = fits === isPem ? ', the contents of the file and not its path ("-----BEGIN ...")' : '';
    return `"${name}" must be ${expected}${advice}`;
  }
  try {
    if (tls.secureContext === undefined) createSecureContext(tls);
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `node:tls refuses these options (${reason}). Check "ca", "cert" and "key"`;
  }
}

/** Text or bytes with the mark of PEM, or several of them. OpenSSL takes anything else for no certificate at all. */
function isPem(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.every(isPem);
  if (typeof value === 'string') return value.includes(PEM);
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).includes(PEM);
  // A key with its passphrase.
  return typeof value === 'object' && value !== null && 'pem' in value && isPem(value.pem);
}

const PEM = '-----BEGIN ';
