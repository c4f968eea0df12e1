import { inspect } from 'node:util';
import { clientOptionNames, createClient, SessClientError, type Client, type ClientOptions } from '@sess/client';
import { kindOf } from '@sess/json-data';
import { StoreError } from './errors.ts';
import { MAX_PREFIX_LENGTH } from './storage-key.ts';

/** Exactly one of `servers` and `client` is needed. */
export interface ExternalStoreOptions {
  /** A URL for `createClient`: `memcached://host:port,host:port`, `elasticache://endpoint:port`; or a list of `host:port`. Opened here, closed by `close()`. */
  readonly servers?: string | readonly string[] | undefined;
  /**
   * A client of `@sess/client` that the application opened, and closes. Or, beside `servers`, options of the one that is opened here:
   * `{ copies: 2, tls: { ca } }`; all that `createClient` takes, `discovery` instead of `servers` as well.
   */
  readonly client?: Client | ClientOptions | undefined;
  /** Whole seconds that a session lives for which the library names no end. Default 86,400, one day. */
  readonly ttlSeconds?: number | undefined;
  /** What storage keys begin with: up to 12 characters of printable ASCII without space. */
  readonly keyPrefix?: string | undefined;
}

/** The options with their defaults. */
export interface ResolvedOptions {
  readonly client: Client;
  /** Whether the client was opened here. */
  readonly owned: boolean;
  readonly ttlSeconds: number;
  readonly keyPrefix: string;
}

const NAMES: Readonly<Record<keyof ExternalStoreOptions, true>> = { servers: true, client: true, ttlSeconds: true, keyPrefix: true };
const CLIENT_METHODS = ['get', 'set', 'touch', 'delete', 'ready'] as const;
const DEFAULT_TTL_SECONDS = 86_400;
/** Ten years: past that a time to live is a mistake in the unit. */
const MAX_TTL_SECONDS = 315_360_000;

/**
 * Checks the options, then opens a client where `servers` was given.
 *
 * @throws {StoreError} `SESS_BAD_OPTION`
 */
export function resolveOptions(options: ExternalStoreOptions, defaultPrefix: string): ResolvedOptions {
  if (typeof options !== 'object' || options === null) throw badOption('options', options, 'an object, such as { client } or { servers }');
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && !(name in NAMES)) {
      if (clientOptionNames.some((known) => known === name)) {
        const advice = `it is one of the client. Beside "servers", write client: { ${name}: … }`;
        throw new StoreError('SESS_BAD_OPTION', `unknown option "${name}": ${advice}`);
      }
      throw new StoreError('SESS_BAD_OPTION', `unknown option "${name}": the options are ${Object.keys(NAMES).join(', ')}`);
    }
  }
  const ttlSeconds = options.ttlSeconds ?? DEFAULT_TTL_SECONDS;
  if (!Number.isInteger(ttlSeconds) || ttlSeconds < 1 || ttlSeconds > MAX_TTL_SECONDS) {
    throw badOption('ttlSeconds', ttlSeconds, `a whole number of seconds, 1 to ${MAX_TTL_SECONDS}`);
  }
  const keyPrefix = options.keyPrefix ?? defaultPrefix;
  if (typeof keyPrefix !== 'string' || keyPrefix.length > MAX_PREFIX_LENGTH || !/^[!-~]*$/.test(keyPrefix)) {
    throw badOption('keyPrefix', keyPrefix, `up to ${MAX_PREFIX_LENGTH} characters of printable ASCII without space`);
  }
  if (keyPrefix.startsWith('@sess/'))
    throw badOption('keyPrefix', keyPrefix, 'one that does not begin with "@sess/", which the client keeps for itself');
  return Object.freeze({ ...clientOf(options), ttlSeconds, keyPrefix });
}

function clientOf({ servers, client }: ExternalStoreOptions): { readonly client: Client; readonly owned: boolean } {
  const shared = isClient(client) ? client : undefined;
  if (shared !== undefined) {
    if (servers !== undefined) throw notExactlyOne('both came');
    return { client: shared, owned: false };
  }
  if (client !== undefined && !isClientOptions(client)) {
    throw badOption(
      'client',
      client,
      'a client that createClient of @sess/client returned, or, beside "servers", options such as { copies: 2 }',
    );
  }
  const options = client ?? {};
  if (servers === undefined && options.servers === undefined && options.discovery === undefined) {
    throw notExactlyOne('neither came (is an environment variable unset?)');
  }
  if (servers !== undefined && options.servers !== undefined) {
    throw new StoreError('SESS_BAD_OPTION', 'expected "servers" in one place; it is beside "client" and in it');
  }
  if (servers !== undefined && typeof servers !== 'string' && !Array.isArray(servers)) {
    throw badOption('servers', servers, 'a URL such as memcached://10.0.0.1:11211,10.0.0.2:11211');
  }
  return { client: open({ ...options, servers: servers ?? options.servers }), owned: true };
}

function open(options: ClientOptions): Client {
  try {
    return createClient(options);
  } catch (error) {
    if (!SessClientError.is(error)) throw error;
    const where = Object.keys(options).every((name) => name === 'servers') ? 'servers' : 'servers" or "client';
    throw new StoreError('SESS_BAD_OPTION', `option "${where}": ${error.message}`, { cause: error });
  }
}

function notExactlyOne(came: string): StoreError {
  return new StoreError('SESS_BAD_OPTION', `expected exactly one of "servers" (a URL) and "client" (of @sess/client); ${came}`);
}

function isClient(given: unknown): given is Client {
  return typeof given === 'object' && given !== null && CLIENT_METHODS.every((name) => typeof Reflect.get(given, name) === 'function');
}

function isClientOptions(given: unknown): given is ClientOptions {
  return typeof given === 'object' && given !== null && !Array.isArray(given) && !CLIENT_METHODS.some((name) => name in given);
}

function badOption(option: string, given: unknown, expected: string): StoreError {
  // Not what is in it: an object, or a text in the wrong place, may hold a password.
  const came = typeof given === 'string' ? shownText(option, given) : typeof given === 'object' ? kindOf(given) : inspect(given);
  return new StoreError('SESS_BAD_OPTION', `option "${option}" is ${came}; expected ${expected}`);
}

function shownText(option: string, given: string): string {
  return option === 'keyPrefix' || option === 'ttlSeconds'
    ? inspect(given, { maxStringLength: 40 })
    : `a text of ${given.length} characters`;
}
