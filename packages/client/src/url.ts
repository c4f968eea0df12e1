import { elasticache, staticNodes, type Discovery, type ElasticacheOptions } from '@sess/discovery';
import { ketama, modulo, rendezvous } from '@sess/hash-ring';

import { SessClientError } from './errors.ts';
import { nearestName } from './nearest-name.ts';
import { badOption } from './option-checks.ts';
import type { ClientOptions, Credentials } from './options.ts';
import { unixSocket } from './unix-socket.ts';
import type { DistributionFactory } from './view/view.ts';

const DEFAULT_PORT = 11_211;

const SCHEMES: ReadonlyMap<string, { readonly elastic: boolean; readonly tls: boolean }> = new Map([
  ['memcached', { elastic: false, tls: false }],
  ['memcacheds', { elastic: false, tls: true }],
  ['elasticache', { elastic: true, tls: false }],
  ['elasticaches', { elastic: true, tls: true }],
]);

const DISTRIBUTIONS: Readonly<Record<string, DistributionFactory>> = {
  ketama: (nodes) => ketama(nodes),
  modulo: (nodes) => modulo(nodes),
  rendezvous: (nodes) => rendezvous(nodes),
};

const NUMBERS = [
  'timeoutMs',
  'connectTimeoutMs',
  'readyTimeoutMs',
  'maxInFlight',
  'maxQueuedBytes',
  'maxValueBytes',
  'failuresToEject',
  'probeIntervalMs',
  'maxProbePauseMs',
] as const;

const PARAMETERS: readonly string[] = [...NUMBERS, 'distribution', 'pollIntervalMs'];

const FORMS =
  'Write memcached://HOST:PORT,HOST:PORT (memcacheds:// for TLS), elasticache://ENDPOINT:PORT (elasticaches:// for TLS) or ' +
  'memcached:///PATH/TO.sock, with USER:PASSWORD@ before the first host and options as ?timeoutMs=500&connectTimeoutMs=1000 where needed.';

/** `scheme://[user:password@]hosts[/path][?parameters]`. A password with `/`, `?` or `#` must be percent-encoded; an `@` is found out. */
const URL_PARTS = /^(?<scheme>[a-z][a-z0-9+.-]*):\/\/(?:(?<user>[^/?#]*)@)?(?<hosts>[^/?#]*)(?<path>\/[^?#]*)?(?:\?(?<query>[^#]*))?$/i;

const HOST = /^(?<host>\[[0-9a-f:.]+\]|[^:[\]\s]+)(?::(?<port>\d{1,5}))?$/i;

/** What a URL says. */
export interface UrlOptions extends ClientOptions {
  /** Whether it names several nodes itself. */
  readonly isFixedList: boolean;
}

/**
 * Reads a URL into options.
 *
 * @throws {SessClientError} `SESS_BAD_OPTION` with the right form. A URL with an `@` may hold a password, even where it is not one: no part
 * of it is ever shown.
 *
 * @param beside What stands beside the URL and goes before it. A configuration endpoint is spoken to as the nodes are, so it needs them too.
 */
export function optionsOfUrl(url: string, beside: Pick<ClientOptions, 'tls' | 'credentials'> = {}): UrlOptions {
  const parts = URL_PARTS.exec(url)?.groups;
  if (parts === undefined)
    throw wrong(url.includes('://') ? 'it can not be read' : 'it does not begin with memcached:// or another scheme');
  const show = (part: string): string => (url.includes('@') ? '' : ` ${JSON.stringify(part.slice(0, 80))}`);
  const name = parts['scheme']?.toLowerCase() ?? '';
  const scheme = SCHEMES.get(name);
  if (scheme === undefined)
    throw wrong(
      `it does not begin with ${[...SCHEMES.keys()].map((known) => `${known}://`).join(', ')}${guess(name, [...SCHEMES.keys()])}`,
    );
  const parameters = readParameters(parts['query'] ?? '', show);
  const pollIntervalMs = takePollInterval(parameters, scheme.elastic, show);
  const credentials = beside.credentials ?? readCredentials(parts['user']);
  const tls = beside.tls ?? scheme.tls;
  const path = parts['path'] ?? '';
  return {
    ...readNumbers(parameters, show),
    ...readDistribution(parameters, show),
    tls,
    credentials,
    isFixedList: !scheme.elastic && (parts['hosts'] ?? '').includes(','),
    discovery: readDiscovery(parts['hosts'] ?? '', path === '/' ? '' : path, scheme, { pollIntervalMs, tls, credentials }, show),
  };
}

type Show = (part: string) => string;

function readDiscovery(
  hosts: string,
  path: string,
  { elastic, tls }: { readonly elastic: boolean; readonly tls: boolean },
  endpointOptions: ElasticacheOptions,
  show: Show,
): Discovery {
  if (hosts === '' && path !== '') {
    if (elastic || tls) throw wrong('a Unix socket needs the scheme memcached://');
    return unixSocket(decode(path, 'the path'));
  }
  if (path !== '') throw wrong(`there is a path${show(path)} behind the hosts, which memcached does not have`);
  const nodes = hosts.split(',').map((host, index) => readHost(host, index, show));
  const [endpoint] = nodes;
  if (!elastic || endpoint === undefined) return madeBy(() => staticNodes(nodes));
  if (nodes.length > 1) throw wrong('an ElastiCache cluster has one configuration endpoint; it names several');
  return madeBy(() => elasticache(endpoint, endpointOptions));
}

function readHost(text: string, index: number, show: Show): string {
  const parts = HOST.exec(text)?.groups;
  const port = Number(parts?.['port'] ?? DEFAULT_PORT);
  if (parts === undefined || port < 1 || port > 65_535) {
    const which = text === '' ? 'is empty' : `is not HOST or HOST:PORT with a port from 1 to 65535${show(text)}`;
    throw wrong(`host ${index + 1} ${which}. An IPv6 address stands in brackets`);
  }
  return `${parts['host']}:${port}`;
}

function readCredentials(user: string | undefined): Credentials | undefined {
  if (user === undefined) return undefined;
  const colon = user.indexOf(':');
  if (colon < 1 || colon === user.length - 1)
    throw wrong('before the @ there must be USER:PASSWORD, both not empty and percent-encoded where needed');
  return { username: decode(user.slice(0, colon), 'the user'), password: decode(user.slice(colon + 1), 'the password') };
}

function readParameters(query: string, show: Show): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (!PARAMETERS.includes(name))
      throw wrong(`there is no parameter${show(name)}${guess(name, PARAMETERS)}. The parameters are ${PARAMETERS.join(', ')}`);
    if (parameters.has(name)) throw wrong(`the parameter ${name} is there twice`);
    parameters.set(name, value);
  }
  return parameters;
}

function readNumbers(parameters: ReadonlyMap<string, string>, show: Show): Partial<Record<(typeof NUMBERS)[number], number>> {
  const numbers: Partial<Record<(typeof NUMBERS)[number], number>> = {};
  for (const name of NUMBERS) {
    const value = parameters.get(name);
    if (value !== undefined) numbers[name] = readNumber(name, value, show);
  }
  return numbers;
}

function readNumber(name: string, value: string, show: Show): number {
  if (!/^\d{1,15}$/.test(value)) throw wrong(`the parameter ${name} must be a whole number${value === '' ? '' : `, got${show(value)}`}`);
  return Number(value);
}

function readDistribution(parameters: ReadonlyMap<string, string>, show: Show): { distribution: DistributionFactory } | undefined {
  const name = parameters.get('distribution');
  if (name === undefined) return undefined;
  const distribution = Object.hasOwn(DISTRIBUTIONS, name) ? DISTRIBUTIONS[name] : undefined;
  if (distribution === undefined)
    throw wrong(`the parameter distribution must be ${Object.keys(DISTRIBUTIONS).join(', ')}; got${show(name)}`);
  return { distribution };
}

function takePollInterval(parameters: ReadonlyMap<string, string>, elastic: boolean, show: Show): number | undefined {
  const value = parameters.get('pollIntervalMs');
  if (value === undefined) return undefined;
  if (!elastic) throw wrong('the parameter pollIntervalMs needs the scheme elasticache:// or elasticaches://: a fixed list is not polled');
  return readNumber('pollIntervalMs', value, show);
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong(`${what} has a % that does not begin an encoded character: write %25 for a %`);
  }
}

/** What discovery refuses in its own words becomes an error of ours. */
function madeBy(make: () => Discovery): Discovery {
  try {
    return make();
  } catch (cause) {
    if (SessClientError.is(cause)) throw cause;
    // Safe to show: what discovery was given is the hosts alone.
    throw badOption(`The servers of the URL can not be used: ${cause instanceof Error ? cause.message : String(cause)} ${FORMS}`, cause);
  }
}

function guess(name: string, names: readonly string[]): string {
  const near = nearestName(name, names);
  return near === undefined ? '' : ` (did you mean "${near}"?)`;
}

function wrong(what: string): SessClientError {
  return badOption(`Not a URL of memcached servers: ${what}. ${FORMS}`);
}
