import { isIPv6 } from 'node:net';

import { dns, elasticache, staticNodes, type Discovery } from '@sess/discovery';

import { SessClientError } from './errors.ts';
import { nearestName } from './nearest-name.ts';
import { badOption } from './option-checks.ts';
import type { ClientOptions, Credentials } from './options.ts';
import { isSocketPath, unixSocket } from './unix-socket.ts';
import { percentDecoded, readParameters, type Refuse, type UrlParameters } from './url-parameters.ts';

const DEFAULT_PORT = 11_211;

/** The source of the list of nodes; `fixed` is the URL itself. */
type Source = 'fixed' | 'elasticache' | 'dns' | 'srv';

interface Scheme {
  readonly source: Source;
  readonly tls: boolean;
}

const SCHEMES: ReadonlyMap<string, Scheme> = new Map([
  ['memcached', { source: 'fixed', tls: false }],
  ['memcacheds', { source: 'fixed', tls: true }],
  ['elasticache', { source: 'elasticache', tls: false }],
  ['elasticaches', { source: 'elasticache', tls: true }],
  ['dns', { source: 'dns', tls: false }],
  ['dnss', { source: 'dns', tls: true }],
  ['srv', { source: 'srv', tls: false }],
  ['srvs', { source: 'srv', tls: true }],
]);

const FORMS =
  'Write memcached://HOST:PORT,HOST:PORT (memcacheds:// for TLS), elasticache://ENDPOINT:PORT (elasticaches:// for TLS), ' +
  'dns://NAME:PORT or srv://NAME (dnss://, srvs:// for TLS) or memcached:///PATH/TO.sock, ' +
  'with USER:PASSWORD@ before the first host and options as ?timeoutMs=500&copies=2 where needed.';

/**
 * `scheme://[user:password@]hosts[/path][?parameters]`. In a password, `/`, `?`, `#` and `,` must be percent-encoded,
 * but not `@`.
 */
const URL_PARTS =
  /^(?<scheme>[a-z][a-z0-9+.-]*):\/\/(?:(?<user>[^/?#]*)@)?(?<hosts>[^/?#]*)(?<path>\/[^?#]*)?(?:\?(?<query>[^#]*))?$/i;

const HOST = /^(?<host>\[[0-9a-f:.]+\]|[^:[\]\s]+)(?::(?<port>\d{1,5}))?$/i;

/** The options in a URL. */
export interface UrlOptions extends ClientOptions {
  /** Whether the URL names several nodes itself. */
  readonly isFixedList: boolean;
}

/**
 * Reads a URL into options.
 *
 * @throws {SessClientError} `SESS_BAD_OPTION` with the right form. Shows no part of a URL with an `@` or a secret
 *   parameter: even a malformed one may hold a password.
 *
 * @param beside Options beside the URL, which override it. A configuration endpoint uses the same TLS and credentials
 *   as the nodes.
 */
export function optionsOfUrl(url: string, beside: Pick<ClientOptions, 'tls' | 'credentials'> = {}): UrlOptions {
  const holdsSecret = url.includes('@') || /secret/i.test(url);
  const refuse: Refuse = (what, shown, rest = '') =>
    wrong(`${what}${shown === undefined || holdsSecret ? '' : ` ${JSON.stringify(shown.slice(0, 80))}`}${rest}`);
  const parts = URL_PARTS.exec(url)?.groups;
  if (/^[\s"'`]/.test(url)) throw wrong('it begins with a quotation mark or a space');
  if (parts === undefined) throw url.includes('://') ? wrong('it can not be read') : withoutScheme(url, refuse);
  const name = parts['scheme']?.toLowerCase() ?? '';
  const scheme = SCHEMES.get(name);
  if (scheme === undefined) throw unknownScheme(name);
  const parameters = readParameters(parts['query'] ?? '', refuse);
  if (scheme.tls && parameters.tls === false)
    throw wrong(`${name}:// uses TLS, and the parameter tls is false: leave it out`);
  const credentials = readCredentials(parts['user'], refuse);
  const place: Place = {
    hosts: parts['hosts'] ?? '',
    path: parts['path'] === '/' ? '' : (parts['path'] ?? ''),
    source: scheme.source,
    parameters,
    tls: beside.tls ?? (scheme.tls || parameters.tls === true),
    credentials: beside.credentials ?? credentials,
  };
  return {
    ...parameters.options,
    tls: place.tls,
    credentials: place.credentials,
    isFixedList: scheme.source === 'fixed' && place.hosts.includes(','),
    discovery: readDiscovery(place, refuse),
  };
}

/** Where the nodes are, and the settings to discover them. */
interface Place extends Pick<ClientOptions, 'tls' | 'credentials'> {
  readonly hosts: string;
  readonly path: string;
  readonly source: Source;
  readonly parameters: UrlParameters;
}

function readDiscovery(place: Place, refuse: Refuse): Discovery {
  const { hosts, path, source, parameters } = place;
  if (hosts === '' && path !== '') return readSocket(place, refuse);
  if (hosts.endsWith(':') && path.startsWith('//'))
    throw wrong('it holds several URLs: write the scheme once, before all hosts');
  if (path !== '') throw refuse('there is a path behind the hosts, which memcached does not have');
  const nodes = hosts.split(',').map((host, index) => readHost(host, index, refuse));
  if (source === 'fixed' && parameters.pollIntervalMs !== undefined) {
    throw wrong(
      'the parameter pollIntervalMs needs the scheme elasticache://, dns:// or srv://: a fixed list is not polled',
    );
  }
  const { zones } = parameters;
  if (source !== 'fixed' && zones !== undefined)
    throw wrong(
      'the parameter zones needs the scheme memcached://: for other sources of nodes, give the option zoneOf',
    );
  if (zones !== undefined && zones.length !== nodes.length)
    throw wrong(
      `the parameter zones names ${zones.length} zones, and there are ${nodes.length} nodes: give one for each`,
    );
  if (source !== 'dns' && parameters.record !== undefined) throw wrong('the parameter record needs the scheme dns://');
  if (source === 'fixed')
    return madeBy(() =>
      staticNodes(
        nodes.map(({ host, port = DEFAULT_PORT }, index) => {
          const zone = zones?.[index];
          return zone === undefined ? `${host}:${port}` : { host: host.replace(/^\[|\]$/g, ''), port, zone };
        }),
      ),
    );
  const [node] = nodes;
  if (node === undefined || nodes.length > 1) {
    throw wrong(
      `${source === 'elasticache' ? 'an ElastiCache cluster has one configuration endpoint' : 'DNS is asked for one name'}; it names several`,
    );
  }
  return madeBy(() => (source === 'elasticache' ? atEndpoint(node, place) : inDns(node, place)));
}

function atEndpoint({ host, port = DEFAULT_PORT }: Host, { parameters, tls, credentials }: Place): Discovery {
  return elasticache(`${host}:${port}`, { pollIntervalMs: parameters.pollIntervalMs, tls, credentials });
}

function inDns({ host, port }: Host, { source, parameters: { pollIntervalMs, record } }: Place): Discovery {
  return dns(host, { record: source === 'srv' ? 'SRV' : record, port, pollIntervalMs });
}

/** A comma within a single path must be percent-encoded if it looks like one of these. */
const SEVERAL_SOCKETS = /,\s*(?:\/|[a-z]+:\/\/)/i;
const ONE_SOCKET = 'it names several Unix sockets, and only one is supported: name several nodes as HOST:PORT';

function readSocket({ path, source, tls, parameters }: Place, refuse: Refuse): Discovery {
  if (source !== 'fixed' || tls !== false) throw wrong('a Unix socket needs the scheme memcached://');
  if (parameters.zones !== undefined)
    throw wrong('the parameter zones needs several nodes: a Unix socket is a single node');
  if (parameters.pollIntervalMs !== undefined)
    throw wrong('the parameter pollIntervalMs needs several nodes: a Unix socket is a single node');
  if (SEVERAL_SOCKETS.test(path)) throw wrong(ONE_SOCKET);
  const socket = percentDecoded(path, 'the path', refuse);
  if (!isSocketPath(socket)) throw wrong('the path of a Unix socket has at most 107 characters, all printable ASCII');
  return unixSocket(socket);
}

interface Host {
  readonly host: string;
  readonly port: number | undefined;
}

function readHost(text: string, index: number, refuse: Refuse): Host {
  const parts = HOST.exec(text)?.groups;
  const port = parts?.['port'] === undefined ? undefined : Number(parts['port']);
  if (parts?.['host'] === undefined || port === 0 || (port ?? 0) > 65_535) {
    if (text === '') throw refuse(`host ${index + 1} is empty`);
    const rest = '. Put an IPv6 address in brackets';
    const what = `host ${index + 1} is not HOST or HOST:PORT with a port from 1 to 65535`;
    // Anything else may be a password whose @ was left out.
    const isAddress = /^[\w.-]+:\d{1,5}$/.test(text) || isIPv6(text);
    throw refuse(what, isAddress ? text : undefined, rest);
  }
  return { host: parts['host'], port };
}

function readCredentials(user: string | undefined, refuse: Refuse): Credentials | undefined {
  if (user === undefined) return undefined;
  // Otherwise, the hosts before the last @ would be part of a password, and nobody would miss these nodes.
  if (user.includes(','))
    throw refuse(
      'there is a comma before the last @. USER:PASSWORD@ stands once, before the first host, and counts for all of them. If the comma belongs to the password, write %2C',
    );
  const colon = user.indexOf(':');
  if (colon < 1 || colon === user.length - 1)
    throw refuse('before the @ there must be USER:PASSWORD, both not empty and percent-encoded where needed');
  return {
    username: percentDecoded(user.slice(0, colon), 'the user', refuse),
    password: percentDecoded(user.slice(colon + 1), 'the password', refuse),
  };
}

/** Wraps the errors of discovery. */
function madeBy(make: () => Discovery): Discovery {
  try {
    return make();
  } catch (cause) {
    if (SessClientError.is(cause)) throw cause;
    // Safe to show: discovery received only the hosts.
    throw badOption(
      `The servers of the URL can not be used: ${cause instanceof Error ? cause.message : String(cause)} ${FORMS}`,
      cause,
    );
  }
}

/** The error for a plain list of hosts, as other clients take it, or a path. */
function withoutScheme(text: string, refuse: Refuse): SessClientError {
  const fault = 'it does not begin with memcached:// or another scheme';
  if (text.startsWith('/') && SEVERAL_SOCKETS.test(text)) return wrong(ONE_SOCKET);
  if (isSocketPath(text) && !text.includes('@'))
    return wrong(`${fault}. For the Unix socket, write memcached://${text}`);
  const hosts = text.split(',').map((host) => host.trim());
  // A single word may be a misplaced secret.
  const isList = hosts.every((host) => HOST.test(host) && /^[\w.:[\]-]*[.:][\w.:[\]-]*$|^localhost$/.test(host));
  return (
    isList ? refuse(fault, undefined, `: for these nodes, write memcached://${hosts.join(',')}`) : wrong(fault)
  ) as SessClientError;
}

function unknownScheme(name: string): SessClientError {
  const known = [...SCHEMES.keys()];
  const near = nearestName(name, known);
  const guess = near === undefined ? '' : ` (did you mean "${near}"?)`;
  return wrong(`it does not begin with ${known.map((scheme) => `${scheme}://`).join(', ')}${guess}`);
}

function wrong(what: string): SessClientError {
  return badOption(`Not a URL of memcached servers: ${what}. ${FORMS}`);
}
