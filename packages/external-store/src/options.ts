import { inspect } from 'node:util';
import { createClient, SessClientError, type Client } from '@sess/client';
import { StoreError } from './errors.ts';
import { MAX_PREFIX_LENGTH } from './storage-key.ts';

/** Exactly one of `servers` and `client` is needed. */
export interface ExternalStoreOptions {
  /** A URL for `createClient`: `memcached://host:port,host:port`, `elasticache://endpoint:port`. Opened here, closed by `close()`. */
  readonly servers?: string | undefined;
  /** A client of `@sess/client` that the application opened, and closes. */
  readonly client?: Client | undefined;
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
  if ((servers === undefined) === (client === undefined)) {
    const came = client === undefined ? 'neither came (is an environment variable unset?)' : 'both came';
    throw new StoreError('SESS_BAD_OPTION', `expected exactly one of "servers" (a URL) and "client" (of @sess/client); ${came}`);
  }
  if (client !== undefined) {
    if (isClient(client)) return { client, owned: false };
    throw badOption('client', client, 'a client that createClient of @sess/client returned');
  }
  if (typeof servers !== 'string') throw badOption('servers', servers, 'a URL such as memcached://10.0.0.1:11211,10.0.0.2:11211');
  try {
    return { client: createClient(servers), owned: true };
  } catch (error) {
    if (!SessClientError.is(error)) throw error;
    throw new StoreError('SESS_BAD_OPTION', `option "servers": ${error.message}`, { cause: error });
  }
}

function isClient(given: unknown): given is Client {
  if (typeof given !== 'object' || given === null) return false;
  return ['get', 'set', 'touch', 'delete', 'ready'].every((name) => typeof Reflect.get(given, name) === 'function');
}

function badOption(option: string, given: unknown, expected: string): StoreError {
  const came = inspect(given, { depth: 0, maxStringLength: 40, breakLength: Infinity });
  return new StoreError('SESS_BAD_OPTION', `option "${option}" is ${came}; expected ${expected}`);
}
