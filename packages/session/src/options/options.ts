import type { CompressOptions, ResolvedCompression } from '../content/compression.ts';
import type { EncryptOptions, ResolvedEncryption } from '../content/encryption.ts';
import type { Backing } from '../stores/backed/backing.ts';
import type { BackingLimits, ResolvedBacking, WritePolicy } from '../stores/backed/backing-options.ts';
import type { SessionsLog } from '../lifecycle/outage-log.ts';
import type { CodecOption, DataEncodings } from '../content/codec.ts';
import type { SessionError } from '../errors.ts';
import type { Client, ClientOptions } from '../stores/memcached-store.ts';
import type { ConflictPolicy } from '../lifecycle/merge-data.ts';
import type { StoreSource } from './cluster-options.ts';
import type { UserOf } from '../users/session-owner.ts';
import type { SessionData } from '../session.ts';
import type { SessionStore } from '../stores/session-store.ts';

/** What a request gets if the store is out of reach and its session can't be loaded. */
export type UnavailablePolicy = 'error' | 'anonymous';

/** Whether cookies are `Secure`: on secure connections (`'auto'`), always, or never. */
export type SecureMode = 'auto' | boolean;

/** Options of `createSessions`, and of the adapters. */
export interface SessionsOptions {
  /**
   * A client of `@sess/client` that the application opens, shares and closes. Or, besides `servers`, options for the
   * client that is opened and closed here: `{ copies: 2, tls: { ca } }`. All options of `createClient` are allowed,
   * also `discovery` instead of `servers`. The default of its `historySecret` is derived from `secret`.
   */
  readonly client?: Client | ClientOptions | undefined;
  /**
   * A URL such as `memcached://10.0.0.1:11211,10.0.0.2:11211` or
   * `elasticache://name.cfg.use1.cache.amazonaws.com:11211`, or a list of `host:port`; the client for it is opened and
   * closed here. Give exactly one of `servers`, a shared `client` and `store`.
   */
  readonly servers?: string | readonly string[] | undefined;
  /** Any other store. */
  readonly store?: SessionStore | undefined;
  /**
   * One secret or several, each at least 32 bytes. The first signs cookies, all verify. To rotate, put a new one in
   * front, and drop the old one once its cookies have expired.
   */
  readonly secret: string | readonly string[] | undefined;
  /** Idle timeout in whole seconds: a session that is unused for this long ends. Default 3,600 (an hour). */
  readonly ttlSeconds?: number | undefined;
  /**
   * Absolute timeout in whole seconds, counted from the session's start however it is used. Default 604,800 (7 days).
   */
  readonly absoluteTtlSeconds?: number | undefined;
  /** Age in whole seconds at which the id of a session in use is renewed. Default: never. */
  readonly renewAfterSeconds?: number | undefined;
  /**
   * Whole seconds, up to 300, for which requests in flight with an old id can still read the session as it was before
   * it got a new id. They can't change it (`SESS_READ_ONLY`). Set the same value on every server. Default 0: the old id
   * is dead at once.
   */
  readonly graceSeconds?: number | undefined;
  /**
   * Least interval in whole seconds between two extensions of the idle timeout; 0 extends it on every request. Default:
   * a tenth of `ttlSeconds`.
   */
  readonly touchAfterSeconds?: number | undefined;
  /** Largest session in bytes of encoded data. Default 65,536 (64 KiB), at most 1,000,000. */
  readonly maxBytes?: number | undefined;
  /**
   * Encodes and decodes the data. Default `'json'`. Of several, the first encodes and all decode, so sessions survive a
   * change of codec. JSON is always decoded.
   */
  readonly codec?: CodecOption;
  /**
   * Compresses larger sessions. `true` means `{ aboveBytes: 1_024, algorithm: 'deflate' }`. Default: off. Compressed
   * sessions are always readable.
   */
  readonly compress?: boolean | CompressOptions | undefined;
  /** Encrypts stored sessions, so that the store's operators and neighbours can't read or alter them. Default: off. */
  readonly encrypt?: EncryptOptions | undefined;
  /** Prefix of storage keys: up to 12 characters of printable ASCII without space. Default `s/`. */
  readonly keyPrefix?: string | undefined;
  /**
   * Whether cookies are `Secure`. `'auto'`, the default, follows the connection and, if the framework trusts its proxy,
   * the forwarded protocol; the first plain connection emits a process warning. `true`: always, also if TLS ends at a
   * proxy that the framework does not know.
   */
  readonly secure?: SecureMode | undefined;
  readonly cookie?: CookieOptions | undefined;
  /**
   * What a request gets if the store is out of reach and its session can't be loaded. `'error'`, the default: reading
   * or changing `session.data` throws `SESS_UNAVAILABLE`, which the adapters answer with 503 and `Retry-After`; routes
   * that do not use it work. `'anonymous'`: the data is empty, and changes to it are not saved. Or a function that
   * chooses. Either way the browser keeps its cookie until `regenerate()` starts another session.
   */
  readonly onUnavailable?: UnavailablePolicy | ((error: SessionError) => UnavailablePolicy) | undefined;
  /**
   * Which value is kept if two requests change the same value of a session at once. `'mine'`: that of the request that
   * saves last. `'mine-unless-deleted'`, the default: the same, but if one request deleted an object or array that the
   * other changed inside, the deletion. `'theirs'`: that of the request that saved first. `'error'`: the request that
   * saves last fails with `SESS_CONFLICT` (409). Or what a function of `{ path, base, mine, theirs }` returns. Changes
   * of different values are merged and never conflict.
   */
  readonly onConflict?: ConflictPolicy | undefined;
  /**
   * A database behind the cache, such as `postgresBacking(...)` of `@sess/postgres-backing`. Default: none, so a
   * session that the cache loses is lost.
   */
  readonly backing?: Backing | undefined;
  /**
   * With a `backing`: when a save is acknowledged. `'through'`, the default: once both have it. `'behind'`: once the
   * cache has it.
   */
  readonly writePolicy?: WritePolicy | undefined;
  /** With a `backing`: limits of this process's requests to the database. */
  readonly backingLimits?: BackingLimits | undefined;
  /**
   * Returns the user of a session from its data: `(data) => data.userId`; `undefined` if nobody is logged in.
   * `revokeUser`, `revokeOthers` and `ofUser` need it. It costs one more read per user and second. Default: sessions
   * have no user.
   */
  readonly userOf?: ((data: SessionData) => string | undefined) | undefined;
  /**
   * Logs outages of the store: one line when it goes out of reach and one when it is back, however many requests fail.
   * If given, it also gets lines about the nodes: a node that is down or up again, a list of nodes that can't be read,
   * application servers that use different nodes, a handover that does not finish. All that share a `client` log each
   * line once, to the log that was given first. Default: the process's `warning` event; with Fastify, the application's
   * log.
   */
  readonly log?: SessionsLog | undefined;
  /** The time in milliseconds since 1970, for tests. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

export interface CookieOptions {
  /** The same as the option `secure`; give one of the two, or the same value twice. */
  readonly secure?: SecureMode | undefined;
  /** Default `__Host-sess` if browsers accept it (secure, path `/`, no domain), otherwise `sess`. */
  readonly name?: string | undefined;
  /** Default `/`. */
  readonly path?: string | undefined;
  /** Default: none, so the cookie belongs to the host alone. */
  readonly domain?: string | undefined;
  /** Default `lax`. */
  readonly sameSite?: 'lax' | 'strict' | 'none' | undefined;
  /**
   * `true` keeps the cookie across restarts of the browser (`Max-Age`) and sends it again whenever the idle timeout is
   * extended. Default `false`.
   */
  readonly persistent?: boolean | undefined;
  /**
   * `true` keeps a separate cookie for each site that embeds the application (CHIPS, `Partitioned`). With `sameSite:
   * 'none'` it allows a session inside another site's frame. Secure connections only. Default `false`.
   */
  readonly partitioned?: boolean | undefined;
}

export interface ResolvedCookie {
  readonly name: string | undefined;
  readonly path: string;
  readonly domain: string | undefined;
  readonly sameSite: 'lax' | 'strict' | 'none';
  readonly persistent: boolean;
  readonly partitioned: boolean;
}

/** The options, checked, with their defaults. */
export interface ResolvedOptions {
  readonly source: StoreSource;
  readonly secrets: readonly string[];
  readonly ttlSeconds: number;
  readonly absoluteTtlSeconds: number;
  readonly renewAfterSeconds: number | undefined;
  readonly touchAfterSeconds: number;
  readonly graceSeconds: number;
  readonly maxBytes: number;
  readonly encodings: DataEncodings;
  readonly compression: ResolvedCompression | undefined;
  readonly encryption: ResolvedEncryption | undefined;
  readonly keyPrefix: string;
  readonly secure: SecureMode;
  readonly cookie: ResolvedCookie;
  readonly onUnavailable: (error: SessionError) => UnavailablePolicy;
  readonly onConflict: ConflictPolicy;
  readonly backing: ResolvedBacking | undefined;
  readonly userOf: UserOf | undefined;
  readonly log: SessionsLog;
  readonly now: () => number;
}
