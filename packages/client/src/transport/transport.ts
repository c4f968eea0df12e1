/**
 * The whole interface between the client and a node. The built-in text transport and `@sess/memjs-transport` implement
 * it; one conformance suite tests every implementation.
 *
 * A reply is a value (`undefined`, `'exists'`); a promise rejects only if there is no reply, with a `SessClientError`:
 * `SESS_TIMEOUT`, `SESS_CONNECTION`, `SESS_PROTOCOL`, `SESS_SERVER` (the node answered with an error), `SESS_AUTH`,
 * `SESS_ABORTED`, `SESS_OVERLOADED` (a bound on queued work), `SESS_CLOSED`, or, before a byte is written, for input
 * that memcached would refuse, `SESS_BAD_KEY`, `SESS_BAD_VALUE`, `SESS_TOO_LARGE`.
 */
import type { ConnectionOptions as TlsOptions } from 'node:tls';

/**
 * A protocol and its implementation, passed to the client as an option. Stateless: {@link Transport.open} makes every
 * connection.
 */
export interface Transport {
  /** Short name for people and diagnostics: `text`, `memjs`. */
  readonly name: string;
  /**
   * Creates the transport of one node. The transport connects by itself, at the latest for the first request, and
   * reconnects after a loss.
   */
  open(node: TransportNode, options: TransportOptions, events: TransportEvents): NodeTransport;
  /**
   * The addresses that a connection to this host name would try now. Absent if the transport does not connect by name:
   * then only the next connection notices that a name resolves to another machine.
   */
  addressesOf?(host: string): Promise<readonly { readonly address: string }[]>;
}

/** The node to connect to. */
export interface TransportNode {
  /** `host:port`, for errors and diagnostics. */
  readonly id: string;
  /** TLS certificates are checked against this name. Without `address`, it is also the host to connect to. */
  readonly host: string;
  readonly port: number;
  /** Address to connect to, if discovery knows it. */
  readonly address?: string;
  /** Path of a Unix socket, instead of host and port. */
  readonly path?: string;
}

/** Resolved once by the client; every field is present. */
export interface TransportOptions {
  /**
   * Time limit of a request in milliseconds, from the turn in which it is to be written until its reply; includes
   * waiting for the connection. Time in which this process was blocked or stopped does not count.
   */
  readonly timeoutMs: number;
  /**
   * Time limit for connecting, TLS and authentication included, in milliseconds. Time in which this process was blocked
   * does not count.
   */
  readonly connectTimeoutMs: number;
  readonly tls: false | TlsOptions;
  /** User and password: SASL for the binary protocol, an entry of the `-Y` file for text. */
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
  /** Most requests that wait for a reply, per node; one more rejects with `SESS_OVERLOADED`. */
  readonly maxInFlight: number;
  /** Most bytes that wait to be sent, per node; beyond it a request rejects with `SESS_OVERLOADED`. */
  readonly maxQueuedBytes: number;
  /** Largest value to send, in bytes, envelope included. */
  readonly maxValueBytes: number;
}

/** Events of a node's connection. Callbacks must not throw. */
export interface TransportEvents {
  /** The connection with the number `epoch` is ready. */
  connected(epoch: number): void;
  /** The connection was lost or could not be made. */
  disconnected(error: Error): void;
  /**
   * The transport dropped the connection for a reason of its own, such as that this process slept, and reconnects. Not a
   * failure of the node.
   */
  forgotten?(error: Error): void;
}

/** The requests to one node, over one connection at a time. */
export interface NodeTransport {
  /** The item under `key`, or `undefined` for a miss. */
  get(key: string, options?: RequestOptions): Promise<StoredItem | undefined>;
  /**
   * Writes `value` under `key`.
   *
   * - `set`: unconditionally → `'stored'`
   * - `add`: only if the key has no item → `'stored'` or `'exists'`
   * - `{ cas }`: only if the item did not change since it was read → `'stored'`, `'exists'` (changed, or `cas` was read
   *   on an earlier connection: CAS numbers repeat after a restart) or `'missing'`
   */
  store(
    mode: StoreMode,
    key: string,
    value: Uint8Array,
    attributes: StoreAttributes,
    options?: RequestOptions,
  ): Promise<StoreOutcome>;
  /** Sets a new time to live. Resolves to the item's flags, or `undefined` for a miss. */
  touch(key: string, ttlSeconds: number, options?: RequestOptions): Promise<{ readonly flags: number } | undefined>;
  /**
   * The keys of the live items, in no order, as the node's crawler finds them; an item written meanwhile may be
   * missing. Runs beside other requests, as fast as the caller reads, in bounded memory. Absent if the protocol has no
   * such request.
   *
   * Rejects with `SESS_SERVER` if the node refuses (no crawler, or a busy one).
   */
  keys?(options?: ListingOptions): AsyncIterable<string>;
  /**
   * The node's statistics by memcached's names: `uptime`, `evictions`, `item_size_max`. Uses a connection of its own,
   * so it delays no request. Absent if the protocol has no such request.
   *
   * Rejects with `SESS_SERVER` if the node refuses, as proxies and some services do.
   */
  stats?(section: StatsSection, options?: RequestOptions): Promise<ReadonlyMap<string, string>>;
  /** Sends a request that touches no item. Resolves to the server's version string. */
  probe(options?: RequestOptions): Promise<string>;
  /** Waits for the pending requests, then closes. New requests reject with `SESS_CLOSED`. Idempotent. */
  close(): Promise<void>;
  /** Rejects all pending requests with `SESS_CLOSED` and closes at once. Idempotent. */
  destroy(): void;
}

/** memcached's `stats`, `stats settings`, `stats items`. */
export type StatsSection = 'general' | 'settings' | 'items';

export interface RequestOptions {
  /** Rejects the request at once with `SESS_ABORTED`; other requests on the connection continue. */
  readonly signal?: AbortSignal;
}

export interface ListingOptions extends RequestOptions {
  /** A hint that makes a long listing cheap: keys without this prefix may be omitted. Default: none. */
  readonly prefix?: string;
}

/** An item as a node holds it. */
export interface StoredItem {
  /** The value's bytes; the caller may keep them. */
  readonly value: Buffer;
  /** The client flags, an unsigned 32-bit number. */
  readonly flags: number;
  readonly cas: CasToken;
  /** Remaining time to live in seconds; `-1` never expires; `undefined` if the protocol does not report it. */
  readonly ttlSeconds: number | undefined;
}

/** A CAS number, valid only on the connection that read it. */
export interface CasToken {
  readonly unique: number | bigint;
  /** Number of the connection, unique in the process. */
  readonly epoch: number;
}

export type StoreMode = 'set' | 'add' | { readonly cas: CasToken };
export type StoreOutcome = 'stored' | 'exists' | 'missing';

export interface StoreAttributes {
  /**
   * Whole seconds to live, at least 1; 0 never expires. The transport turns more than 30 days into an absolute time.
   */
  readonly ttlSeconds: number;
  /** Client flags, an unsigned 32-bit number. */
  readonly flags: number;
}
