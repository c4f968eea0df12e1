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

/** What a request gets whose session can't be loaded because the store is out of reach. */
export type UnavailablePolicy = 'error' | 'anonymous';

/** Whether cookies are `Secure`: as the connection is, always, or never. */
export type SecureMode = 'auto' | boolean;

/** Options of `createSessions`, and of the adapters. */
export interface SessionsOptions {
  /**
   * A client of `@sess/client` that the application opened, shares and closes. Or, beside `servers`, options of the one
   * that is opened and closed here: `{ copies: 2, tls: { ca } }`; all that `createClient` takes, `discovery` instead of
   * `servers` as well. Its `historySecret` is derived from `secret` unless it is given.
   */
  readonly client?: Client | ClientOptions | undefined;
  /**
   * A URL such as `memcached://10.0.0.1:11211,10.0.0.2:11211` or
   * `elasticache://name.cfg.use1.cache.amazonaws.com:11211`, or a list of `host:port`; opened and closed here. Exactly
   * one of `servers`, a shared `client` and `store`.
   */
  readonly servers?: string | readonly string[] | undefined;
  /** Any other store. */
  readonly store?: SessionStore | undefined;
  /**
   * One secret or several, each at least 32 bytes. The first signs cookies, all verify: put a new one in front, drop
   * the old one when its cookies are gone.
   */
  readonly secret: string | readonly string[] | undefined;
  /** Idle timeout in whole seconds: a session that is not used for so long ends. Default 3,600 (an hour). */
  readonly ttlSeconds?: number | undefined;
  /**
   * Absolute timeout in whole seconds, counted from the session's beginning whatever its use. Default 604,800 (7 days).
   */
  readonly absoluteTtlSeconds?: number | undefined;
  /** Gives a session that is used a new id when its id is older than so many whole seconds. Default: never. */
  readonly renewAfterSeconds?: number | undefined;
  /**
   * For how many whole seconds requests that are on their way with an old id may still read the session as it was under
   * it, after it got another one: up to 300. They can't change it (`SESS_READ_ONLY`). The same on every server. Default
   * 0: the old id is dead at once.
   */
  readonly graceSeconds?: number | undefined;
  /**
   * The idle timeout is moved forward when it was last moved so many whole seconds ago; 0 is on every request. Default:
   * a tenth of `ttlSeconds`.
   */
  readonly touchAfterSeconds?: number | undefined;
  /** Largest session in bytes of encoded data. Default 65,536 (64 KiB), at most 1,000,000. */
  readonly maxBytes?: number | undefined;
  /**
   * How data becomes bytes. Default `'json'`. Several: the first encodes, all decode, so that sessions outlive a
   * change; JSON is always decoded.
   */
  readonly codec?: CodecOption;
  /**
   * Makes larger sessions smaller. `true` is `{ aboveBytes: 1_024, algorithm: 'deflate' }`. Default: off. What is
   * compressed is always read.
   */
  readonly compress?: boolean | CompressOptions | undefined;
  /** Encrypts what is stored, so that the store's operators and neighbours can't read or alter it. Default: off. */
  readonly encrypt?: EncryptOptions | undefined;
  /** What storage keys begin with: up to 12 characters of printable ASCII without space. Default `s/`. */
  readonly keyPrefix?: string | undefined;
  /**
   * Whether cookies are `Secure`. `'auto'`, the default, looks at the connection and, where the framework trusts its
   * proxy, at the forwarded protocol; a plain connection is told about once. `true`: always, also where TLS ends at a
   * proxy that the framework does not know of.
   */
  readonly secure?: SecureMode | undefined;
  readonly cookie?: CookieOptions | undefined;
  /**
   * What a request gets whose session can't be loaded because the store is out of reach. `'error'`, the default:
   * reading or changing `session.data` throws `SESS_UNAVAILABLE`, which the adapters answer with 503 and `Retry-After`;
   * routes that do not use it work. `'anonymous'`: empty data, and nothing that is put into it is kept. Or a function
   * that chooses. Either way the browser keeps its cookie, until `regenerate()` starts another session.
   */
  readonly onUnavailable?: UnavailablePolicy | ((error: SessionError) => UnavailablePolicy) | undefined;
  /**
   * What is kept where two requests changed one value of a session at once: `'mine-unless-deleted'`, the default, of
   * the one that saves last, but where one deleted an object or array that the other changed inside, the deletion;
   * `'mine'`, always of the one that saves last; `'theirs'`, of the one that saved first; `'error'`, which fails the
   * one that saves last with `SESS_CONFLICT` (409); or what a function of `{ path, base, mine, theirs }` returns.
   * Changes of different values are merged and never get here.
   */
  readonly onConflict?: ConflictPolicy | undefined;
  /**
   * A database behind the cache, such as `postgresBacking(...)` of `@sess/postgres-backing`. Default: none; what the
   * cache loses is lost.
   */
  readonly backing?: Backing | undefined;
  /**
   * With a `backing`: a save is acknowledged when both have it, `'through'`, the default; or when the cache has it,
   * `'behind'`.
   */
  readonly writePolicy?: WritePolicy | undefined;
  /** With a `backing`: bounds on what this process asks of the database. */
  readonly backingLimits?: BackingLimits | undefined;
  /**
   * Whose session it is, from its data: `(data) => data.userId`; `undefined` where nobody is logged in. Needed for
   * `revokeUser`, `revokeOthers` and `ofUser`. It costs one more read for each user and second. Default: nobody's.
   */
  readonly userOf?: ((data: SessionData) => string | undefined) | undefined;
  /**
   * Where outages of the store are logged: one line when it goes out of reach and one when it is back, however many
   * requests fail. A log that is given also hears of the nodes: one that is down and up again, a list that can't be read,
   * application servers that act on different nodes, a handover that does not finish. Default: the process's `warning`
   * event; with Fastify, the application's log.
   */
  readonly log?: SessionsLog | undefined;
  /** The time in milliseconds since 1970, for tests. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

export interface CookieOptions {
  /** The same as the option `secure`; give one of the two, or the same value twice. */
  readonly secure?: SecureMode | undefined;
  /** Default `__Host-sess` where browsers take it (secure, path `/`, no domain), otherwise `sess`. */
  readonly name?: string | undefined;
  /** Default `/`. */
  readonly path?: string | undefined;
  /** Default: none, which is the host alone. */
  readonly domain?: string | undefined;
  /** Default `lax`. */
  readonly sameSite?: 'lax' | 'strict' | 'none' | undefined;
  /**
   * `true` keeps the cookie over a restart of the browser (`Max-Age`), and sets it again whenever the timeout is moved.
   * Default `false`.
   */
  readonly persistent?: boolean | undefined;
  /**
   * `true` keeps a cookie of its own for each site that embeds the application (CHIPS, `Partitioned`); with
   * `sameSite: 'none'` it is the way to a session inside another site's frame. Secure connections only. Default
   * `false`.
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
