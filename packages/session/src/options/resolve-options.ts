import { SessionError } from '../errors.ts';
import { clientOptionNames, type Client, type ClientOptions } from '../stores/memcached-store.ts';
import type { ConflictPolicy } from '../lifecycle/merge-data.ts';
import { resolveBacking } from '../stores/backed/backing-options.ts';

import { MAX_DATA_BYTES } from '../content/data-codec.ts';
import { resolveLog } from '../lifecycle/outage-log.ts';
import { badOption, checkUnknown, oneOf, wholeNumber } from './option-checks.ts';
import type { ResolvedOptions, SessionsOptions, StoreSource, UnavailablePolicy } from './options.ts';
import { resolveCodec } from './resolve-codec.ts';
import { resolveCookie, resolveSecure } from './resolve-cookie.ts';
import { resolveCompression, resolveEncryption } from './resolve-encoding.ts';
import { resolveSecrets } from './resolve-secrets.ts';
import { MAX_GRACE_SECONDS } from '../lifecycle/grace.ts';
import { resolveUserOf } from '../users/session-owner.ts';
import { MAX_PREFIX_LENGTH } from '../cookie/session-id.ts';

/** Every option, so that a slip of the pen is found. The compiler holds it to the interface. */
const NAMES: Readonly<Record<keyof SessionsOptions, true>> = {
  client: true,
  servers: true,
  store: true,
  secret: true,
  ttlSeconds: true,
  absoluteTtlSeconds: true,
  renewAfterSeconds: true,
  touchAfterSeconds: true,
  graceSeconds: true,
  maxBytes: true,
  codec: true,
  compress: true,
  encrypt: true,
  keyPrefix: true,
  secure: true,
  cookie: true,
  onUnavailable: true,
  onConflict: true,
  backing: true,
  writePolicy: true,
  backingLimits: true,
  userOf: true,
  log: true,
  now: true,
};

const DEFAULT_TTL_SECONDS = 3_600;
const DEFAULT_ABSOLUTE_TTL_SECONDS = 604_800;
/** Ten years: past that a time to live is a mistake in the unit. */
export const MAX_SECONDS = 315_360_000;
const DEFAULT_MAX_BYTES = 65_536;

/**
 * Checks the options and fills in the defaults. Opens nothing.
 *
 * @throws {SessionError} `SESS_BAD_OPTION`
 */
export function resolveOptions(options: SessionsOptions): ResolvedOptions {
  if (typeof options !== 'object' || options === null)
    throw badOption('options', options, 'an object, such as { servers, secret, ttlSeconds }');
  refuseClientOptions(options);
  checkUnknown(options, Object.keys(NAMES));
  const secure = resolveSecure(options);
  return Object.freeze({
    source: storeSource(options),
    secrets: resolveSecrets('secret', options.secret),
    ...timeouts(options),
    graceSeconds: wholeNumber('graceSeconds', options.graceSeconds, 0, MAX_GRACE_SECONDS, 'seconds') ?? 0,
    maxBytes: wholeNumber('maxBytes', options.maxBytes, 1, MAX_DATA_BYTES, 'bytes') ?? DEFAULT_MAX_BYTES,
    encodings: resolveCodec(options.codec),
    compression: resolveCompression(options.compress),
    encryption: resolveEncryption(options.encrypt),
    keyPrefix: keyPrefix(options.keyPrefix),
    secure,
    cookie: resolveCookie(options.cookie, secure),
    onUnavailable: unavailablePolicy(options.onUnavailable),
    onConflict: conflictPolicy(options.onConflict),
    backing: resolveBacking(options),
    userOf: resolveUserOf(options.userOf),
    log: resolveLog(options.log),
    now: clock(options.now),
  });
}

/** What `createClient` takes is said in `client`: the nearest name of an option of ours would lead astray. */
function refuseClientOptions(options: object): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || name in NAMES || !clientOptionNames.some((known) => known === name)) continue;
    throw new SessionError(
      'SESS_BAD_OPTION',
      `unknown option "${name}": it is one of the client. Beside "servers", write client: { ${name}: … }`,
    );
  }
}

/** `client` is a client that is shared, or options of the one that is opened here. */
function storeSource(options: SessionsOptions): StoreSource {
  const { servers, store } = options;
  const [client, clientOptions] = sharedOrOptions(options.client);
  const opensItself = servers !== undefined || clientOptions?.servers !== undefined || clientOptions?.discovery !== undefined;
  const given = Object.entries({ client, servers: opensItself || undefined, store }).filter(([, value]) => value !== undefined);
  if (given.length !== 1) {
    if (clientOptions !== undefined && given.length === 0) throw badOption('client', options.client, CLIENT_EXPECTED);
    const came =
      given.length === 0 ? 'none of them came (is an environment variable unset?)' : `${given.map(([name]) => name).join(' and ')} came`;
    throw badOption('servers', servers, `exactly one of "servers" (a URL), "client" (of @sess/client) and "store"; ${came}`);
  }
  if (client !== undefined) return { kind: 'client', client };
  if (opensItself) return { kind: 'servers', client: ownClient(servers, clientOptions ?? {}) };
  if (clientOptions !== undefined) throw badOption('client', options.client, 'nothing beside "store", which has no client');
  if (store !== undefined && hasMethods(store, ['load', 'save', 'touch', 'destroy', 'close'])) return { kind: 'store', store };
  throw badOption('store', store, 'a SessionStore, such as memoryStore()');
}

const CLIENT_EXPECTED =
  'a client that createClient of @sess/client returned, or, beside "servers", options of the one that is opened here, such as { copies: 2 }';

function sharedOrOptions(given: SessionsOptions['client']): readonly [Client | undefined, ClientOptions | undefined] {
  if (given === undefined) return [undefined, undefined];
  const methods = ['get', 'set', 'touch', 'delete'];
  if (hasMethods(given, methods)) return [given as Client, undefined];
  const isOptions = typeof given === 'object' && given !== null && !Array.isArray(given) && !methods.some((name) => name in given);
  if (!isOptions) throw badOption('client', given, CLIENT_EXPECTED);
  return [undefined, given as ClientOptions];
}

function ownClient(servers: SessionsOptions['servers'], options: ClientOptions): ClientOptions {
  if (servers === undefined) return options;
  if (options.servers !== undefined) throw badOption('client.servers', undefined, '"servers" in one place: beside "client", or in it');
  if (Array.isArray(servers) ? servers.length > 0 : typeof servers === 'string' && servers.trim() !== '') return { ...options, servers };
  throw badOption(
    'servers',
    servers,
    'a URL such as "memcached://10.0.0.1:11211,10.0.0.2:11211" or "elasticache://name.cfg.use1.cache.amazonaws.com:11211"',
  );
}

function hasMethods(value: object, names: readonly string[]): boolean {
  return typeof value === 'object' && value !== null && names.every((name) => typeof Reflect.get(value, name) === 'function');
}

function timeouts(
  options: SessionsOptions,
): Pick<ResolvedOptions, 'ttlSeconds' | 'absoluteTtlSeconds' | 'renewAfterSeconds' | 'touchAfterSeconds'> {
  const seconds = (name: keyof SessionsOptions, least: number): number | undefined =>
    wholeNumber(name, options[name], least, MAX_SECONDS, 'seconds');
  const ttlSeconds = seconds('ttlSeconds', 1) ?? DEFAULT_TTL_SECONDS;
  const absoluteTtlSeconds = seconds('absoluteTtlSeconds', 1) ?? DEFAULT_ABSOLUTE_TTL_SECONDS;
  const renewAfterSeconds = seconds('renewAfterSeconds', 1);
  const touchAfterSeconds = seconds('touchAfterSeconds', 0) ?? Math.floor(ttlSeconds / 10);
  const isDefault = (name: keyof SessionsOptions): string => (options[name] === undefined ? ', its default' : '');
  if (ttlSeconds > absoluteTtlSeconds) {
    const limit = `at most absoluteTtlSeconds (${absoluteTtlSeconds}${isDefault('absoluteTtlSeconds')})`;
    throw badOption('ttlSeconds', ttlSeconds, `${limit}; raise that one, or lower this one`);
  }
  if (touchAfterSeconds >= ttlSeconds) {
    throw badOption(
      'touchAfterSeconds',
      touchAfterSeconds,
      `less than ttlSeconds (${ttlSeconds}${isDefault('ttlSeconds')}), or sessions in use would end`,
    );
  }
  if (renewAfterSeconds !== undefined && renewAfterSeconds >= absoluteTtlSeconds) {
    const limit = `less than absoluteTtlSeconds (${absoluteTtlSeconds}${isDefault('absoluteTtlSeconds')})`;
    throw badOption('renewAfterSeconds', renewAfterSeconds, `${limit}, or no session would ever be renewed`);
  }
  return { ttlSeconds, absoluteTtlSeconds, renewAfterSeconds, touchAfterSeconds };
}

function keyPrefix(given: unknown): string {
  if (given === undefined) return 's/';
  if (typeof given === 'string' && given.startsWith('@sess/')) {
    throw badOption('keyPrefix', given, 'one that does not begin with "@sess/", which the client keeps for itself');
  }
  if (typeof given === 'string' && given.length <= MAX_PREFIX_LENGTH && /^[\u0021-\u007e]*$/.test(given)) return given;
  throw badOption('keyPrefix', given, `up to ${MAX_PREFIX_LENGTH} characters of printable ASCII without space`);
}

function unavailablePolicy(given: SessionsOptions['onUnavailable']): (error: SessionError) => UnavailablePolicy {
  if (typeof given !== 'function') {
    const policy = oneOf('onUnavailable', given, ['error', 'anonymous']) ?? 'error';
    return () => policy;
  }
  return (error) => {
    const policy: unknown = given(error);
    if (policy === 'anonymous' || policy === 'error') return policy;
    throw badOption('onUnavailable', policy, 'a function that returns "error" or "anonymous"');
  };
}

function conflictPolicy(given: unknown): ConflictPolicy {
  if (typeof given === 'function') return given as ConflictPolicy;
  return oneOf('onConflict', given, ['mine-unless-deleted', 'mine', 'theirs', 'error'] as const) ?? 'mine-unless-deleted';
}

function clock(given: unknown): () => number {
  if (given === undefined) return Date.now;
  if (typeof given === 'function') return () => Number(given());
  throw badOption('now', given, 'a function that returns milliseconds since 1970');
}
