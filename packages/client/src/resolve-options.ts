import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { faultOfTls, isPlainObject, isZone, staticNodes, type Discovery } from '@sess/discovery';
import { ketama } from '@sess/hash-ring';

import { systemClock } from './clock.ts';
import { nearestName } from './nearest-name.ts';
import {
  badOption,
  checkKnown,
  clockOf,
  count,
  durationMs,
  flag,
  flagOrObject,
  functionOf,
  methodsOf,
  randomOf,
  readable,
  secrets,
  show,
  text,
} from './option-checks.ts';
import {
  HANDOVER_NAMES,
  OPTION_NAMES,
  type ClientOptions,
  type HandoverOptions,
  type ResolvedOptions,
} from './options.ts';
import { HEADER_BYTES } from './record.ts';
import { USUAL_NAMESPACE } from './membership/history-seal.ts';
import { textTransport } from './transport/text/index.ts';
import type { TransportOptions } from './transport/transport.ts';
import { isSocketPath, unixSocket } from './unix-socket.ts';
import { optionsOfUrl, type UrlOptions } from './url.ts';
import type { DistributionFactory } from './membership/view.ts';

/** Probes in a row that a node must answer before requests go to it again. */
export const ANSWERS_TO_RETURN = 2;

/** memcached's 1 MiB item less its header and the longest key, rounded down, less our envelope. */
const DEFAULT_MAX_VALUE_BYTES: number = 1_048_000 - HEADER_BYTES;

/**
 * Checks the options of `createClient` and fills in the defaults.
 *
 * @throws {SessClientError} `SESS_BAD_OPTION`: what was expected, what came, and what to do. Never shows a password.
 */
export function resolveOptions(given: unknown): ResolvedOptions {
  return readable(() => resolved(given));
}

function resolved(given: unknown): ResolvedOptions {
  const options = typeof given === 'string' ? optionsOfUrl(given) : withServers(checkNames(given));
  const timeoutMs = durationMs(options, 'timeoutMs', 500);
  const maxValueBytes = count(options, 'maxValueBytes', DEFAULT_MAX_VALUE_BYTES, 1, 1_073_741_824);
  const transportOptions: TransportOptions = Object.freeze({
    timeoutMs,
    connectTimeoutMs: durationMs(options, 'connectTimeoutMs', 1_000),
    tls: tlsOf(options.tls),
    credentials: credentialsOf(options.credentials),
    maxInFlight: count(options, 'maxInFlight', 10_000, 1, 10_000_000),
    maxQueuedBytes: count(options, 'maxQueuedBytes', 67_108_864, 1, Number.MAX_SAFE_INTEGER),
    maxValueBytes: maxValueBytes + HEADER_BYTES,
  });
  return Object.freeze({
    discovery: discoveryOf(options),
    isFixedList:
      (options as Partial<UrlOptions>).isFixedList ?? (Array.isArray(options.servers) && options.servers.length > 1),
    distribution: distributionOf(options.distribution),
    transport:
      options.transport === undefined
        ? textTransport()
        : methodsOf('transport', options.transport, ['open'], 'textTransport()'),
    transportOptions,
    readyTimeoutMs: durationMs(options, 'readyTimeoutMs', 3_000),
    maxValueBytes,
    failuresToEject: count(options, 'failuresToEject', 3, 1, 1_000),
    probeIntervalMs: durationMs(options, 'probeIntervalMs', 1_000),
    maxProbePauseMs: durationMs(options, 'maxProbePauseMs', 5_000),
    copies: count(options, 'copies', 1, 1, 3),
    hedgedReads: flag('hedgedReads', options.hedgedReads, true),
    zoneOf:
      options.zoneOf === undefined
        ? undefined
        : functionOf('zoneOf', options.zoneOf, 'a function from a node to the name of its zone'),
    nearZone: nearZoneOf(options),
    observe: flag('observe', options.observe, false),
    handover: handoverOf(options),
    clock: options.clock === undefined ? systemClock : clockOf(options.clock),
    random: randomOf(options.random),
  });
}

function checkNames(given: unknown): ClientOptions {
  if (!isPlainObject(given)) {
    throw badOption(
      `createClient takes a URL such as "memcached://10.0.0.1:11211", or an object of options; got ${show(given)}.`,
    );
  }
  checkKnown(given, OPTION_NAMES);
  return given;
}

/** A URL in `servers` may hold options; those beside it override them. */
function withServers(options: ClientOptions): ClientOptions | UrlOptions {
  if ((options.servers === undefined) === (options.discovery === undefined)) {
    const came = options.servers === undefined ? 'neither' : 'both';
    throw badOption(
      `Give either servers (a URL, or a list of "host:port") or discovery (elasticache(...), dns(...), staticNodes(...)); got ${came}.`,
    );
  }
  if (typeof options.servers !== 'string') return options;
  const ofUrl = optionsOfUrl(options.servers, options);
  const beside = Object.fromEntries(
    Object.entries(options).filter(([name, value]) => name !== 'servers' && value !== undefined),
  );
  return { ...ofUrl, ...beside, handover: mergedHandover(ofUrl.handover, options.handover) };
}

/** Merges each field. Leaves invalid values to later checks. */
function mergedHandover(
  ofUrl: HandoverOptions | undefined,
  beside: HandoverOptions | undefined,
): HandoverOptions | undefined {
  if (beside === undefined) return ofUrl;
  return isPlainObject(beside) ? { ...ofUrl, ...beside } : beside;
}

function discoveryOf(options: ClientOptions): Discovery {
  if (options.discovery !== undefined)
    return methodsOf('discovery', options.discovery, ['watch'], 'elasticache(...), dns(...) or staticNodes(...)');
  if (!Array.isArray(options.servers)) throw badOption('servers must be a URL or a list of "host:port".');
  const servers = options.servers as readonly unknown[];
  const socket = servers.find((server): server is string => typeof server === 'string' && isSocketPath(server));
  if (socket !== undefined) {
    if (servers.length === 1) return unixSocket(socket);
    throw badOption(
      'servers must be one Unix socket, or a list of "host:port"; got a Unix socket among other servers.',
    );
  }
  try {
    return staticNodes(servers as readonly string[]);
  } catch (cause) {
    throw badOption(`servers is not a list of nodes: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

/** Tries the distribution on two nodes: a clear error here is better than failing operations later. */
function distributionOf(given: ClientOptions['distribution']): DistributionFactory {
  if (given === undefined) return (nodes) => ketama(nodes);
  const distribution = functionOf('distribution', given, 'a function from nodes to a distribution, such as ketama');
  const sample = [{ id: '192.0.2.1:11211' }, { id: '192.0.2.2:11211' }];
  let owner: unknown;
  try {
    owner = distribution(sample).owner('sample');
  } catch (cause) {
    throw badOption(
      `distribution failed on a list of two nodes: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    );
  }
  if (!sample.some((node) => node === owner)) {
    throw badOption(
      'distribution must return a Distribution whose owner() answers with one of the very nodes that it was given, not a copy or a name.',
    );
  }
  return distribution;
}

/** The zone whose copies are read first. */
function nearZoneOf({ zone, reads = 'owner' }: ClientOptions): string | undefined {
  if (zone !== undefined && !isZone(zone))
    throw badOption(
      'zone must be the name of the zone that this process is in: 1 to 64 letters, digits, "-", "_", "." or ":".',
    );
  if (reads !== 'owner' && reads !== 'near')
    throw badOption('reads must be "owner" (the default) or "near": which copy is asked first.');
  if (reads === 'owner') return undefined;
  if (zone === undefined)
    throw badOption('reads: "near" needs zone, the name of the zone that this process is in, as its nodes call it.');
  return zone;
}

function tlsOf(given: ClientOptions['tls']): TransportOptions['tls'] {
  const tls = flagOrObject('tls', given === undefined ? false : given);
  if (typeof tls === 'object') checkTls(tls);
  return tls === true ? Object.freeze({}) : tls === false ? false : Object.freeze({ ...tls });
}

/** Refuses only unknown names that resemble a known one: node:tls may have more options than this list. */
function checkTls(tls: TlsOptions): void {
  for (const [name, value] of Object.entries(tls)) {
    const near = value === undefined || TLS_NAMES.includes(name) ? undefined : nearestName(name, TLS_NAMES);
    if (near !== undefined) throw badOption(`There is no option "tls.${name}". Did you mean "tls.${near}"?`);
  }
  const fault = faultOfTls(tls);
  if (fault !== undefined) throw badOption(`tls: ${fault}.`);
}

const TLS_NAMES: readonly string[] = [
  'ALPNProtocols',
  'allowPartialTrustChain',
  'ca',
  'cert',
  'checkServerIdentity',
  'ciphers',
  'clientCertEngine',
  'crl',
  'dhparam',
  'ecdhCurve',
  'enableTrace',
  'honorCipherOrder',
  'key',
  'maxVersion',
  'minDHSize',
  'minVersion',
  'passphrase',
  'pfx',
  'privateKeyEngine',
  'privateKeyIdentifier',
  'pskCallback',
  'rejectUnauthorized',
  'requestCert',
  'requestOCSP',
  'secureContext',
  'secureOptions',
  'secureProtocol',
  'servername',
  'session',
  'sessionIdContext',
  'sessionTimeout',
  'sigalgs',
  'SNICallback',
  'ticketKeys',
  // Options of the underlying socket.
  'autoSelectFamily',
  'autoSelectFamilyAttemptTimeout',
  'family',
  'highWaterMark',
  'hints',
  'host',
  'keepAlive',
  'keepAliveInitialDelay',
  'localAddress',
  'localPort',
  'lookup',
  'noDelay',
  'path',
  'port',
  'signal',
  'socket',
  'timeout',
];

function credentialsOf(given: ClientOptions['credentials']): TransportOptions['credentials'] {
  if (given === undefined) return undefined;
  if (!isPlainObject(given)) throw badOption('credentials must be an object with username and password.');
  checkKnown(given, ['username', 'password'], 'credentials.');
  return Object.freeze({
    username: plainText('credentials.username', given['username']),
    password: plainText('credentials.password', given['password']),
  });
}

/** No server has a user or password with a control character; it usually comes from the end of a file. */
function plainText(name: string, given: unknown): string {
  const value = text(name, given);
  // The value is not shown: it may be the secret.
  if (/\p{Cc}/u.test(value))
    throw badOption(`${name} must have no control character, such as a line break at its end.`);
  return value;
}

/** Checks a name that becomes part of keys. */
function namespaceOf(given: unknown = USUAL_NAMESPACE): string {
  if (typeof given === 'string' && /^[\w.-]{1,32}$/.test(given)) return given;
  throw badOption('namespace must be 1 to 32 letters, digits, "-", "_" or ".". The default is "sess".');
}

function handoverOf(options: ClientOptions): ResolvedOptions['handover'] {
  const given = options.handover === undefined ? {} : options.handover;
  if (!isPlainObject(given))
    throw badOption(`handover must be an object such as { windowSeconds, clockSkewMs }; got ${show(given)}.`);
  checkKnown(given, HANDOVER_NAMES, 'handover.');
  return Object.freeze({
    windowSeconds: count(given, 'windowSeconds', 0, 0, 315_360_000),
    clockSkewMs: count(given, 'clockSkewMs', 5_000, 0, 600_000),
    finish: flag('handover.finish', given['finish'], true),
    keysPerSecond: count(given, 'keysPerSecond', 1_000, 1, 1_000_000),
    historyIntervalMs: count(options, 'historyIntervalMs', 10_000, 100, 600_000),
    namespace: namespaceOf(options.namespace),
    historySecrets: secrets('historySecret', options.historySecret),
  });
}
