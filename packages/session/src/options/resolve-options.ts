import type { SessionError } from '../errors.ts';
import type { ConflictPolicy } from '../lifecycle/merge-data.ts';
import { resolveBacking } from '../stores/backed/backing-options.ts';

import { resolveCodec } from '../content/codec.ts';
import { resolveCompression } from '../content/compression.ts';
import { resolveEncryption } from '../content/encryption.ts';
import { MAX_DATA_BYTES } from '../content/json.ts';
import { resolveLog } from '../lifecycle/outage-log.ts';
import { checkedKeyPrefix, checkNames, storeSource } from './cluster-options.ts';
import { badOption, clockOf, oneOf, optionsObject, readable, wholeNumber } from './option-checks.ts';
import type { ResolvedOptions, SessionsOptions, UnavailablePolicy } from './options.ts';
import { resolveCookie, resolveSecure } from './resolve-cookie.ts';
import { resolveSecrets } from './resolve-secrets.ts';
import { MAX_GRACE_SECONDS } from '../lifecycle/grace.ts';
import { resolveUserOf } from '../users/session-owner.ts';
import { MAX_TTL_SECONDS } from '../stores/session-store.ts';

/** Every option, to find misspelled ones. The compiler checks the list against the interface. */
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

const EXAMPLE = '{ servers, secret, ttlSeconds }';
const DEFAULT_TTL_SECONDS = 3_600;
const DEFAULT_ABSOLUTE_TTL_SECONDS = 604_800;
const DEFAULT_MAX_BYTES = 65_536;

/**
 * A copy of `given`, if it is a plain object. For adapters, which split off their own options: from an instance of a
 * class, inherited options would be lost.
 *
 * @throws {SessionError} `SESS_BAD_OPTION`
 */
export function sessionsOptions<T extends SessionsOptions>(given: T): T {
  return readable(() => ({ ...optionsObject(given, EXAMPLE) }));
}

/**
 * Checks the options and fills in the defaults. Opens nothing.
 *
 * @throws {SessionError} `SESS_BAD_OPTION`
 */
export function resolveOptions(options: SessionsOptions): ResolvedOptions {
  return readable(() => resolved(options));
}

function resolved(options: SessionsOptions): ResolvedOptions {
  checkNames(options, Object.keys(NAMES), EXAMPLE);
  const secure = resolveSecure(options);
  return Object.freeze({
    source: storeSource(options, ['servers', 'client', 'store']),
    secrets: resolveSecrets('secret', options.secret),
    ...timeouts(options),
    graceSeconds: wholeNumber('graceSeconds', options.graceSeconds, 0, MAX_GRACE_SECONDS, 'seconds') ?? 0,
    maxBytes: wholeNumber('maxBytes', options.maxBytes, 1, MAX_DATA_BYTES, 'bytes') ?? DEFAULT_MAX_BYTES,
    encodings: resolveCodec(options.codec),
    compression: resolveCompression(options.compress),
    encryption: resolveEncryption(options.encrypt),
    keyPrefix: checkedKeyPrefix(options.keyPrefix) ?? 's/',
    secure,
    cookie: resolveCookie(options.cookie, secure),
    onUnavailable: unavailablePolicy(options.onUnavailable),
    onConflict: conflictPolicy(options.onConflict),
    backing: resolveBacking(options),
    userOf: resolveUserOf(options.userOf),
    log: resolveLog(options.log),
    now: clockOf(options.now),
  });
}

function timeouts(
  options: SessionsOptions,
): Pick<ResolvedOptions, 'ttlSeconds' | 'absoluteTtlSeconds' | 'renewAfterSeconds' | 'touchAfterSeconds'> {
  const seconds = (name: keyof SessionsOptions, least: number): number | undefined =>
    wholeNumber(name, options[name], least, MAX_TTL_SECONDS, 'seconds');
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
  return (
    oneOf('onConflict', given, ['mine-unless-deleted', 'mine', 'theirs', 'error'] as const) ?? 'mine-unless-deleted'
  );
}
