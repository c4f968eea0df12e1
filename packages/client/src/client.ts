import type { Topology } from '@sess/discovery';

/** What is stored under a key. Immutable. */
export interface CacheRecord {
  /** The caller's bytes, without the envelope. */
  readonly value: Buffer;
  /** Rises with every write of the key: 48 bits of milliseconds since 1970, 16 bits of order. */
  readonly version: bigint;
  /** Remaining time to live in seconds when it was read; `undefined` where the protocol can't tell (classic text, binary). */
  readonly ttlSeconds: number | undefined;
}

/** Many memcached nodes as one store. */
export interface Client {
  /** Resolves when the first topology is known and one node is reachable; rejects when neither comes within the connect timeout. */
  ready(options?: OperationOptions): Promise<void>;
  /** The record under `key`, or `undefined` when there is none or it was deleted. Rejects when nobody could tell. */
  get(key: string, options?: OperationOptions): Promise<CacheRecord | undefined>;
  /**
   * Writes, and resolves with the record as written.
   *
   * `expect` a record that was read or written before (compare-and-swap) or `'absent'` (nothing is there, nor a tombstone): where that does
   * not hold, rejects with `SESS_CONFLICT`. Without `expect` the last writer wins.
   */
  set(key: string, value: Uint8Array | string, options: SetOptions): Promise<CacheRecord>;
  /** Moves the expiry to `ttlSeconds` from now. `false` when there is no record, or a tombstone. */
  touch(key: string, ttlSeconds: number, options?: OperationOptions): Promise<boolean>;
  /** Deletes, and leaves a tombstone for `ttlSeconds`, so that no write under way brings the record back. Whether there was a record. */
  delete(key: string, options: DeleteOptions): Promise<boolean>;
  /** Who owns `key` now, and how it would be read: for people and tools. No I/O. */
  explain(key: string): Explanation;
  /** The topology in use, with the state of every node. */
  readonly topology: ClientTopology;
  /** Lets pending work finish, then releases everything. New operations reject with `SESS_CLOSED`. Twice does no harm. */
  close(): Promise<void>;
  /** Rejects pending work with `SESS_CLOSED` and releases everything at once. Twice does no harm. */
  destroy(): void;
}

export interface OperationOptions {
  readonly signal?: AbortSignal;
}

export interface SetOptions extends OperationOptions {
  /** Whole seconds to live, at least 1. */
  readonly ttlSeconds: number;
  readonly expect?: CacheRecord | 'absent' | undefined;
}

export interface DeleteOptions extends OperationOptions {
  /** How long the tombstone stands, in whole seconds: as long as an older copy of the record could live. */
  readonly ttlSeconds: number;
}

/** `up` answers; `down` was ejected and is being probed; `unknown` was not spoken to yet. */
export type NodeHealth = 'up' | 'down' | 'unknown';

export interface ClientTopology extends Topology {
  readonly states: ReadonlyMap<string, NodeHealth>;
}

export interface Explanation {
  readonly key: string;
  /** Node ids in order of preference. */
  readonly owners: readonly string[];
  /** Owners in earlier views that are still asked. */
  readonly elders: readonly string[];
  readonly mode: 'settled' | 'overlap' | 'handover';
}
