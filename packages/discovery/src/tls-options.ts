import { isIP } from 'node:net';
import { createSecureContext, DEFAULT_MAX_VERSION, DEFAULT_MIN_VERSION, type ConnectionOptions } from 'node:tls';
import { reasonOf } from './reason-of.ts';

/**
 * The expected values of `node:tls` options, so that a wrong one fails where it is given, not at the first connection.
 * `createSecureContext` checks others.
 */
const EXPECTED: readonly (readonly [name: string, expected: string, fits: (value: unknown) => boolean])[] = [
  ['ca', 'certificates in PEM', isPem],
  ['cert', 'a certificate in PEM', isPem],
  ['key', 'a private key in PEM', isPem],
  ['servername', 'the name in the certificate', (value) => typeof value === 'string'],
  ['checkServerIdentity', 'a function', (value) => typeof value === 'function'],
  ['pskCallback', 'a function', (value) => typeof value === 'function'],
  ['rejectUnauthorized', 'true or false', (value) => typeof value === 'boolean'],
  ['secureContext', 'what createSecureContext returned', isSecureContext],
  ['session', 'a Buffer with a session of node:tls', (value) => ArrayBuffer.isView(value)],
  ['ALPNProtocols', 'an array of names', isProtocols],
  ['minDHSize', 'a whole number of bits', (value) => isWhole(value, 1)],
  ['signal', 'an AbortSignal that has not fired', (value) => value instanceof AbortSignal && !value.aborted],
  ['timeout', 'a whole number of milliseconds', (value) => isWhole(value, 0)],
  ['highWaterMark', 'a whole number of bytes', (value) => isWhole(value, 0)],
  ['localAddress', 'an IP address', (value) => typeof value === 'string' && isIP(value) !== 0],
  ['localPort', 'a port', (value) => isWhole(value, 0) && Number(value) <= 65_535],
  ['family', '0, 4 or 6', (value) => value === 0 || value === 4 || value === 6],
];

/** Options of `node:tls` that would redirect connections from their nodes. */
const PLACES: readonly (keyof ConnectionOptions)[] = ['host', 'port', 'path', 'socket', 'lookup'];

/** What `createSecureContext` checks, each with the options that it needs for that. */
const OF_CONTEXT: readonly (readonly [keyof ConnectionOptions, ...(keyof ConnectionOptions)[]])[] = [
  ['ca'],
  ['cert'],
  ['key', 'passphrase'],
  ['pfx', 'passphrase'],
  ['crl'],
  ['ciphers'],
  ['ecdhCurve'],
  ['sigalgs'],
  ['minVersion'],
  ['maxVersion'],
  ['secureProtocol'],
  ['dhparam'],
  ['secureOptions'],
  ['sessionIdContext'],
  ['sessionTimeout'],
  ['ticketKeys'],
  ['clientCertEngine'],
];

/** Oldest first. */
const VERSIONS: readonly string[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

/** Why connections over TLS can't be made with these options of `node:tls`; `undefined` if they can. */
export function faultOfTls(tls: ConnectionOptions): string | undefined {
  const place = PLACES.find((name) => tls[name] !== undefined);
  if (place !== undefined)
    return `"${place}" is no option here: the list of nodes says where to connect to. Leave it out`;
  if ('onread' in tls && tls.onread !== undefined)
    return '"onread" is no option here: the client reads from its connections itself. Leave it out';
  for (const [name, expected, fits] of EXPECTED) {
    const value: unknown = Reflect.get(tls, name);
    if (value === undefined || value === null || fits(value)) continue;
    // The value is not shown: it may be a private key.
    const advice = fits === isPem ? ', the contents of the file and not its path ("-----BEGIN ...")' : '';
    return `"${name}" must be ${expected}${advice}`;
  }
  return tls.secureContext === undefined ? (faultOfContext(tls) ?? faultOfVersions(tls)) : undefined;
}

/** OpenSSL rarely names the option, so each is tried alone. A key of another certificate fails only together with it. */
function faultOfContext(tls: ConnectionOptions): string | undefined {
  const refusal = refusalOf(tls);
  if (refusal === undefined) return undefined;
  for (const [name, ...needed] of OF_CONTEXT) {
    const alone = Object.fromEntries([name, ...needed].map((each) => [each, tls[each]]));
    const reason = tls[name] === undefined ? undefined : refusalOf(alone);
    if (reason !== undefined) return `node:tls refuses "${name}" (${reason})`;
  }
  const isPair = tls.key !== undefined && tls.cert !== undefined;
  return `node:tls refuses these options together (${refusal})${isPair ? '. Check that "key" belongs to "cert"' : ''}`;
}

/** What node:tls says, without the value, which may be a secret. */
function refusalOf(options: ConnectionOptions): string | undefined {
  try {
    createSecureContext(options);
    return undefined;
  } catch (error) {
    const reason = reasonOf(error).replace(/\.?\s+Received .*$/s, '');
    return reason.endsWith('reason(0)') ? 'OpenSSL gives no reason' : reason;
  }
}

/** `secureProtocol` sets both versions itself. */
function faultOfVersions({ secureProtocol, minVersion, maxVersion }: ConnectionOptions): string | undefined {
  const [lowest, highest] = [minVersion ?? DEFAULT_MIN_VERSION, maxVersion ?? DEFAULT_MAX_VERSION];
  if ((secureProtocol ?? '') !== '' || VERSIONS.indexOf(lowest) <= VERSIONS.indexOf(highest)) return undefined;
  return `"minVersion" (${lowest}) is above "maxVersion" (${highest}), which leaves no version of TLS`;
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

/** Node.js does not export the class. */
function isSecureContext(value: unknown): boolean {
  return value instanceof createSecureContext().constructor;
}

/** Names, or their wire format. */
function isProtocols(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((name) => typeof name === 'string' || ArrayBuffer.isView(name));
  return ArrayBuffer.isView(value);
}

function isWhole(value: unknown, least: number): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= least;
}
