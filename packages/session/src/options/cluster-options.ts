import { MAX_PREFIX_LENGTH } from '../cookie/session-id.ts';
import { SessionError } from '../errors.ts';
import {
  clientOptionNames,
  memcachedStore,
  openClient,
  refuseObserver,
  type Client,
  type ClientOptions,
} from '../stores/memcached-store.ts';
import { openOperatorLog } from '../lifecycle/operator-log.ts';
import { OF_STORE, resolveLog, type SessionsLog } from '../lifecycle/outage-log.ts';
import { watchedStore } from '../stores/watched-store.ts';
import { MAX_TTL_SECONDS, type SessionStore } from '../stores/session-store.ts';
import { badOption, checkUnknown, isObject, optionsObject, readable, wholeNumber } from './option-checks.ts';

const EXAMPLE = '{ client } or { servers }';

/** The options that all stores of sessions in memcached share. Give exactly one of `servers` and a shared `client`. */
export interface ClusterOptions {
  /**
   * A URL such as `memcached://10.0.0.1:11211,10.0.0.2:11211`, or a list of `host:port`. The client for it is opened
   * here and closed by `close()`.
   */
  readonly servers?: string | readonly string[] | undefined;
  /**
   * A client of `@sess/client` that the application opens and closes. Or, besides `servers`, options for the client
   * that is opened here: `{ copies: 2, tls: { ca } }`. All options of `createClient` are allowed, also `discovery`
   * instead of `servers`.
   */
  readonly client?: Client | ClientOptions | undefined;
  /** Time to live in whole seconds of sessions that have none of their own. */
  readonly ttlSeconds?: number | undefined;
  /** Prefix of storage keys: up to 12 characters of printable ASCII without space. */
  readonly keyPrefix?: string | undefined;
  /**
   * Logs what an operator must know: the store out of reach and back, a node down and up, views that disagree. One line
   * each, with what to do. Several stores of one client log once. Default: outages only, as process warnings.
   */
  readonly log?: SessionsLog | undefined;
}

/** An open cluster that holds sessions. */
export interface Cluster {
  readonly store: SessionStore;
  readonly client: Client;
  readonly ttlSeconds: number;
  readonly keyPrefix: string;
  /** Closes the client that was opened here; a shared one stays open. Idempotent. */
  close(): Promise<void>;
}

const NAMES: Readonly<Record<keyof ClusterOptions, true>> = {
  servers: true,
  client: true,
  ttlSeconds: true,
  keyPrefix: true,
  log: true,
};

/**
 * Checks the options of a store for another session library, then opens a client unless one was passed in.
 *
 * @throws {SessionError} `SESS_BAD_OPTION`
 */
export function openCluster(
  options: ClusterOptions,
  defaults: { readonly ttlSeconds: number; readonly keyPrefix: string },
): Cluster {
  const { source, ttlSeconds, keyPrefix, ...ofLog } = readable(() => resolved(clusterOptions(options)));
  const client = source.kind === 'servers' ? openClient(source.client) : source.client;
  const log = openOperatorLog(client, ofLog);
  return {
    store: watchedStore(memcachedStore(client), log.outages(OF_STORE)),
    client,
    ttlSeconds: ttlSeconds ?? defaults.ttlSeconds,
    keyPrefix: keyPrefix ?? defaults.keyPrefix,
    async close() {
      log.close();
      if (source.kind === 'servers') await client.close();
    },
  };
}

/**
 * A copy of `given`, if it is a plain object. For stores, which split off their own options.
 *
 * @throws {SessionError} `SESS_BAD_OPTION`
 */
export function clusterOptions<T extends ClusterOptions>(given: T): T {
  return readable(() => ({ ...optionsObject(given, EXAMPLE) }));
}

function resolved(options: ClusterOptions) {
  checkNames(options, Object.keys(NAMES), EXAMPLE);
  return {
    ttlSeconds: wholeNumber('ttlSeconds', options.ttlSeconds, 1, MAX_TTL_SECONDS, 'seconds'),
    keyPrefix: checkedKeyPrefix(options.keyPrefix),
    log: resolveLog(options.log),
    isGiven: options.log !== undefined,
    now: Date.now,
    source: storeSource(options, ['servers', 'client']),
  };
}

/** Throws unless `options` is an object whose names are all among `known`. */
export function checkNames(options: object, known: readonly string[], example: string): void {
  for (const [name, value] of Object.entries(optionsObject(options, example))) {
    // Before `checkUnknown`, whose "did you mean" would mislead here.
    if (value === undefined || known.includes(name) || !clientOptionNames.some((ofClient) => ofClient === name))
      continue;
    const advice = `it is one of the client. Beside "servers", write client: { ${name}: … }`;
    throw new SessionError('SESS_BAD_OPTION', `unknown option "${name}": ${advice}`);
  }
  checkUnknown(options, known);
}

/** A shared client, or the options of one to open. */
export type ClusterSource =
  | { readonly kind: 'client'; readonly client: Client }
  | { readonly kind: 'servers'; readonly client: ClientOptions };

export type StoreSource = ClusterSource | { readonly kind: 'store'; readonly store: SessionStore };

interface SourceOptions extends Pick<ClusterOptions, 'servers' | 'client'> {
  readonly store?: SessionStore | undefined;
}

const CHOICES = { servers: '"servers" (a URL)', client: '"client" (of @sess/client)', store: '"store"' } as const;
const CLIENT_EXPECTED =
  'a client that createClient of @sess/client returned, or, beside "servers", options of the one that is opened here, such as { copies: 2 }';

/**
 * The store that the options name: exactly one of the choices. `client` is a shared client, or the options of the one
 * to open.
 */
export function storeSource(
  options: Omit<SourceOptions, 'store'>,
  choices: readonly ('servers' | 'client')[],
): ClusterSource;
export function storeSource(options: SourceOptions, choices: readonly (keyof SourceOptions)[]): StoreSource;
export function storeSource(
  { servers, store, client: given }: SourceOptions,
  choices: readonly (keyof SourceOptions)[],
): StoreSource {
  const [client, clientOptions] = sharedOrOptions(given);
  const opensItself =
    servers !== undefined || clientOptions?.servers !== undefined || clientOptions?.discovery !== undefined;
  const came = Object.entries({ client, servers: opensItself || undefined, store }).filter(
    ([, value]) => value !== undefined,
  );
  const isPair = choices.length === 2;
  if (came.length === 0) {
    const none = `${isPair ? 'neither' : 'none of them'} came (is an environment variable unset?)`;
    throw clientOptions === undefined
      ? notOne(servers, choices, none)
      : badOption('client', given, `${CLIENT_EXPECTED}; ${none}`);
  }
  if (came.length > 1)
    throw notOne(servers, choices, `${isPair ? 'both' : came.map(([name]) => name).join(' and ')} came`);
  if (client !== undefined) return { kind: 'client', client };
  if (opensItself) return { kind: 'servers', client: ownClient(servers, clientOptions ?? {}) };
  if (clientOptions !== undefined) throw badOption('client', given, 'nothing beside "store", which has no client');
  if (store !== undefined && hasMethods(store, ['load', 'save', 'touch', 'destroy', 'close']))
    return { kind: 'store', store };
  throw badOption('store', store, 'a SessionStore, such as memoryStore()');
}

function notOne(servers: unknown, choices: readonly (keyof SourceOptions)[], came: string): SessionError {
  const names = choices.map((choice) => CHOICES[choice]);
  return badOption('servers', servers, `exactly one of ${names.slice(0, -1).join(', ')} and ${names.at(-1)}; ${came}`);
}

function sharedOrOptions(given: SourceOptions['client']): readonly [Client | undefined, ClientOptions | undefined] {
  if (given === undefined) return [undefined, undefined];
  const methods = ['get', 'set', 'touch', 'delete'];
  const isClient = hasMethods(given, methods);
  const isOptions = isObject(given) && !methods.some((name) => name in given);
  if (!isClient && !isOptions) throw badOption('client', given, CLIENT_EXPECTED);
  refuseObserver(given);
  if (isClient) return [given as Client, undefined];
  // A copy: nothing that was given is read once the checks are over.
  return [undefined, { ...given }];
}

function ownClient(servers: SourceOptions['servers'], options: ClientOptions): ClientOptions {
  if (servers === undefined) return options;
  if (options.servers !== undefined)
    throw badOption('client.servers', undefined, '"servers" in one place: beside "client", or in it');
  if (Array.isArray(servers) ? servers.length > 0 : typeof servers === 'string' && servers.trim() !== '')
    return { ...options, servers };
  throw badOption(
    'servers',
    servers,
    'a URL such as "memcached://10.0.0.1:11211,10.0.0.2:11211" or "elasticache://name.cfg.use1.cache.amazonaws.com:11211"',
  );
}

function hasMethods(value: object, names: readonly string[]): boolean {
  return (
    typeof value === 'object' && value !== null && names.every((name) => typeof Reflect.get(value, name) === 'function')
  );
}

/** The checked option `keyPrefix`; `undefined` if it was not given. */
export function checkedKeyPrefix(given: unknown): string | undefined {
  if (given === undefined) return undefined;
  if (typeof given === 'string' && given.startsWith('@sess/')) {
    throw badOption('keyPrefix', given, 'one that does not begin with "@sess/", which the client keeps for itself');
  }
  if (typeof given === 'string' && given.length <= MAX_PREFIX_LENGTH && /^[\u0021-\u007e]*$/.test(given)) return given;
  throw badOption('keyPrefix', given, `up to ${MAX_PREFIX_LENGTH} characters of printable ASCII without space`);
}
