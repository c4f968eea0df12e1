/**
 * What the client needs of a node, and no more. The built-in text transport and `@sess/memjs-transport` implement it;
 * one conformance suite holds for all.
 *
 * An answer is a value (`undefined`, `'exists'`, `false`); a promise rejects only when there is no answer, with a
 * `SessClientError`: `SESS_TIMEOUT`, `SESS_CONNECTION`, `SESS_PROTOCOL`, `SESS_SERVER` (the node answered with an
 * error), `SESS_AUTH`, `SESS_ABORTED`, `SESS_OVERLOADED` (a bound on queued work), `SESS_CLOSED`, or, for input that
 * memcached would refuse, `SESS_BAD_KEY`, `SESS_BAD_VALUE`, `SESS_TOO_LARGE`, before a byte is written.
 */
import type { ConnectionOptions as TlsOptions } from 'node:tls';

/**
 * A kind of transport, given to the client by its user. Stateless: every connection comes from {@link Transport.open}.
 */
export interface Transport {
  /** Short name for people and diagnostics: `text`, `memjs`. */
  readonly name: string;
  /**
   * Makes the speaker for one node. It connects by itself, at the latest with the first request, and again after a
   * loss.
   */
  open(node: TransportNode, options: TransportOptions, events: TransportEvents): NodeTransport;
}

/** The node to speak to. */
export interface TransportNode {
  /** `host:port`, for errors and diagnostics. */
  readonly id: string;
  /** Name that TLS certificates are checked against; connected to when there is no `address`. */
  readonly host: string;
  readonly port: number;
  /** Address to connect to, where discovery knows it. */
  readonly address?: string;
  /** Path of a Unix socket, instead of host and port. */
  readonly path?: string;
}

/** Resolved once by the client; every field is present. */
export interface TransportOptions {
  /**
   * From when the request is to be written to its answer, in milliseconds; waiting for the connection included. Time in
   * which this process was blocked or stopped does not count.
   */
  readonly timeoutMs: number;
  /**
   * Until the connection stands (TLS and authentication included), in milliseconds; time in which this process was
   * blocked does not count.
   */
  readonly connectTimeoutMs: number;
  readonly tls: false | TlsOptions;
  /** User and password: SASL for the binary protocol, the `-Y` file's for text. */
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
  /** Requests without an answer, per node; one more rejects with `SESS_OVERLOADED`. */
  readonly maxInFlight: number;
  /** Bytes written but not yet taken by the socket, per node; past it a request rejects with `SESS_OVERLOADED`. */
  readonly maxQueuedBytes: number;
  /** Largest value in bytes, envelope included, that is sent. */
  readonly maxValueBytes: number;
}

/** What a node's transport tells on its own account. Callbacks must not throw. */
export interface TransportEvents {
  /** A connection stands; `epoch` numbers it. */
  connected(epoch: number): void;
  /** The connection was lost or could not be made. */
  disconnected(error: Error): void;
  /**
   * The connection was given up because this process slept, and another one is being made. Says nothing about the node.
   */
  forgotten?(error: Error): void;
}

/** One node, spoken to over one connection at a time. */
export interface NodeTransport {
  /** The item under `key`, or `undefined` for a miss. */
  get(key: string, options?: RequestOptions): Promise<StoredItem | undefined>;
  /**
   * Writes `value` under `key`.
   *
   * - `set`: whatever is there → `'stored'`
   * - `add`: only where there is nothing → `'stored'` or `'exists'`
   * - `{ cas }`: only where the item is still the one read → `'stored'`, `'exists'` (changed since, or `cas` was read
   *   on an earlier connection: CAS numbers repeat after a restart) or `'missing'`
   */
  store(
    mode: StoreMode,
    key: string,
    value: Uint8Array,
    attributes: StoreAttributes,
    options?: RequestOptions,
  ): Promise<StoreOutcome>;
  /** Moves the expiry. The flags of the item when there is one; `undefined` for a miss. */
  touch(key: string, ttlSeconds: number, options?: RequestOptions): Promise<{ readonly flags: number } | undefined>;
  /**
   * The keys of the live items, in no order, as the node's crawler finds them; an item written meanwhile may or may not
   * be among them. It runs beside other requests, at the pace at which it is read, in bounded memory. Absent where the
   * protocol has no such request.
   *
   * Rejects with `SESS_SERVER` when the node refuses (no crawler, or one that is busy).
   */
  keys?(options?: RequestOptions): AsyncIterable<string>;
  /**
   * What the node tells of itself, by the names that memcached gives it: `uptime`, `evictions`, `item_size_max`. On a
   * connection of its own, so it disturbs no request. Absent where the protocol has no such request.
   *
   * Rejects with `SESS_SERVER` when the node refuses, as proxies and some services do.
   */
  stats?(section: StatsSection, options?: RequestOptions): Promise<ReadonlyMap<string, string>>;
  /** Resolves when the node answers a request that touches no item, with the server's version string. */
  probe(options?: RequestOptions): Promise<string>;
  /** Lets the requests under way finish, then closes. New requests reject with `SESS_CLOSED`. Twice does no harm. */
  close(): Promise<void>;
  /** Rejects everything under way with `SESS_CLOSED` and closes at once. Twice does no harm. */
  destroy(): void;
}

/** Which statistics: memcached's `stats`, `stats settings`, `stats items`. */
export type StatsSection = 'general' | 'settings' | 'items';

export interface RequestOptions {
  /** Settles the request at once with `SESS_ABORTED`; the requests behind it are not disturbed. */
  readonly signal?: AbortSignal;
}

/** An item as a node holds it. */
export interface StoredItem {
  /** The value's bytes; the caller may keep them. */
  readonly value: Buffer;
  /** The client flags, an unsigned 32-bit number. */
  readonly flags: number;
  readonly cas: CasToken;
  /** Remaining time to live in seconds; `-1` never expires; `undefined` where the protocol can't tell. */
  readonly ttlSeconds: number | undefined;
}

/** A CAS number is good on the connection that read it, and on no other. */
export interface CasToken {
  readonly unique: number | bigint;
  /** Number of the connection, unique in the process. */
  readonly epoch: number;
}

export type StoreMode = 'set' | 'add' | { readonly cas: CasToken };
export type StoreOutcome = 'stored' | 'exists' | 'missing';

export interface StoreAttributes {
  /**
   * Whole seconds to live, at least 1; any length: the transport turns what is over 30 days into an absolute time. 0
   * never expires.
   */
  readonly ttlSeconds: number;
  /** Client flags, an unsigned 32-bit number. */
  readonly flags: number;
}
