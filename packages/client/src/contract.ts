import type { Topology } from '@sess/discovery';
import type { RingNode } from '@sess/hash-ring';

import type { ViewCause } from './membership/history.ts';

/** The record under a key. Immutable. A {@link Client} returns it, and takes it as `expect` of a write. */
export interface CacheRecord {
  /** The caller's bytes, without the envelope. A view of the bytes read, not a copy. */
  readonly value: Buffer;
  /** Rises with every write of the key: 48 bits of milliseconds since 1970, 16 bits of order. */
  readonly version: bigint;
  /**
   * Remaining time to live in seconds when it was read or written; `Infinity` if it never expires; `undefined` if the
   * protocol does not report it (classic text, binary).
   */
  readonly ttlSeconds: number | undefined;
}

/**
 * Many memcached nodes as one store.
 *
 * A miss is a value. A promise rejects only with a `SessClientError`: for an outage, a failed condition, or invalid
 * input, which is refused before anything is sent. An operation that starts before the first topology is known waits
 * for it, at most `timeoutMs`.
 */
export interface Client extends AsyncDisposable {
  /** Present if the option `observe` is set: this client refuses to read and write records. */
  readonly observe?: true;
  /**
   * Resolves when the first topology is known and one node answers.
   *
   * @throws {SessClientError} `SESS_UNAVAILABLE` after `readyTimeoutMs`; the message says what was tried. `SESS_AUTH`
   *   as soon as every node refused the credentials. The client keeps trying: `ready()` may be called again.
   */
  ready(options?: OperationOptions): Promise<void>;
  /**
   * The record under `key`, or `undefined` if there is none or it was deleted. Rejects if a node that may hold it does
   * not answer.
   *
   * Bytes under the key that are not a record of this client count as a miss and are published on the channel
   * `sess:client:foreign-item`.
   */
  get(key: string, options?: OperationOptions): Promise<CacheRecord | undefined>;
  /**
   * Writes a record and resolves to it.
   *
   * - `expect: record` (read or written before): compare-and-swap.
   * - `expect: 'absent'`: only if the key has no record, tombstone or foreign item.
   * - without `expect`: one blind round trip. The last writer wins, even over a tombstone, so a record deleted
   *   meanwhile comes back. Sessions never use it.
   *
   * @throws {SessClientError} `SESS_CONFLICT` if the expectation does not hold: read again, merge, write again.
   */
  set(key: string, value: Uint8Array | string, options: SetOptions): Promise<CacheRecord>;
  /**
   * Sets the time to live to `ttlSeconds` from now, on every copy. Resolves to `false` if there is no record, or a
   * tombstone. While a handover is open, a copy that lives longer keeps its time.
   *
   * @throws {SessClientError} `SESS_UNAVAILABLE` if an owner that is not ejected did not answer; the others may have
   *   taken it. `SESS_OUT_OF_MEMORY` if an owner has no memory for the record, and it would end with the handover on
   *   the earlier owner that has it
   */
  touch(key: string, ttlSeconds: number, options?: OperationOptions): Promise<boolean>;
  /**
   * Deletes the record and leaves a tombstone for `ttlSeconds`, so that no concurrent write brings it back. Resolves to
   * whether there was a record. Rejects with `SESS_OUT_OF_MEMORY` if a node has no memory for the tombstone; the message
   * says whether the record is gone from there.
   */
  delete(key: string, options: DeleteOptions): Promise<boolean>;
  /**
   * Takes a node out of rotation without losing its records, before it is removed: waits until every client acts
   * without it (about three times `historyIntervalMs`, plus `clockSkewMs`), then copies every record and tombstone to
   * its owners. When it resolves, the node can be removed.
   *
   * @throws {SessClientError} `SESS_BAD_VALUE` for a node that is not in the topology, `SESS_SERVER` for one that does
   *   not list its keys (nothing was changed), `SESS_ABORTED` if `signal` fired (the node is back in rotation).
   */
  drain(nodeId: string, options?: DrainOptions): Promise<DrainProgress>;
  /**
   * Returns a node to rotation, whichever client drained it. Resolves when that is stored on the nodes.
   *
   * @throws {SessClientError} `SESS_BAD_VALUE` for a node that is not in the topology, or was not drained.
   */
  putBack(nodeId: string): Promise<void>;
  /**
   * Whether `nodeId` can be stopped and taken off the list without losing a session. Compares its records with the
   * other nodes: one listing of its keys, and for each key a read from every node that may hold it. Ask again after
   * any change of nodes.
   *
   * @throws {SessClientError} `SESS_BAD_VALUE` for a node that is neither in the topology nor in an open handover,
   *   `SESS_ABORTED` when `signal` fired.
   */
  safeToRemove(nodeId: string, options?: SafeToRemoveOptions): Promise<SafeToRemove>;
  /**
   * The owners of `key` and how it would be read now: for people and tools. No I/O. No owners before the first
   * topology.
   *
   * @throws {SessClientError} `SESS_BAD_KEY`.
   */
  explain(key: string): Explanation;
  /**
   * Finds out why `key` was missed, as far as still possible: reads the key again from the nodes that may hold it, and
   * reads their counters. Without this call, a miss costs none of that.
   *
   * @throws {SessClientError} `SESS_BAD_KEY`, `SESS_CLOSED`.
   */
  whyMissing(key: string, known: MissKnowledge, options?: OperationOptions): Promise<MissReport>;
  /**
   * Earlier lists of nodes that clients still ask, the oldest first; empty if no handover is open. A new list of plain
   * values each time; no I/O.
   */
  readonly handovers: readonly Handover[];
  /** The topology in use, with the state of every node. No nodes before the first topology. */
  readonly topology: ClientTopology;
  /** Waits for pending operations, then releases everything. New operations reject with `SESS_CLOSED`. Idempotent. */
  close(): Promise<void>;
  /** Rejects pending operations with `SESS_CLOSED` and releases everything at once. Idempotent. */
  destroy(): void;
}

export interface OperationOptions {
  /** Rejects the operation at once with `SESS_ABORTED`. A write that was sent may still happen. */
  readonly signal?: AbortSignal;
}

export interface SetOptions extends OperationOptions {
  /**
   * Whole seconds to live, 1 to 315,360,000 (ten years), and not past 2038-01-19, where memcached's time ends.
   * memcached counts whole seconds of its own clock: an item of n seconds expires after n - 1 to n.
   */
  readonly ttlSeconds: number;
  /** The condition of the write. Default: none. */
  readonly expect?: CacheRecord | 'absent' | undefined;
}

export interface DeleteOptions extends OperationOptions {
  /** Time to live of the tombstone in whole seconds: as long as an older copy of the record could live. */
  readonly ttlSeconds: number;
}

/** `up`: answers. `down`: ejected, and being probed. `unknown`: has not answered yet. */
export type NodeHealth = 'up' | 'down' | 'unknown';

export interface ClientTopology extends Topology {
  /** The cluster's random name; `undefined` before it is known. */
  readonly cluster: string | undefined;
  /** Health by node id. */
  readonly states: ReadonlyMap<string, NodeHealth>;
  /** Ids of the nodes that sessions are placed on: listed, and neither down nor drained. */
  readonly rotation: readonly string[];
  /** Nodes that any client drained or is draining, by node id. */
  readonly drains: ReadonlyMap<string, 'draining' | 'drained'>;
  /** What decides which node owns a key; `undefined` before the first topology. */
  readonly ring: Ring | undefined;
}

/** All that decides which node owns a key: nodes, weights, zones, copies, distribution. */
export interface Ring {
  /** Equal for clients that place keys alike: 12 hexadecimal digits. If clients use two at a time, that is a fault. */
  readonly fingerprint: string;
  /** Its nodes with their weights, and with their zones if there are several copies. */
  readonly nodes: readonly RingNode[];
  /** When a client first acted on it, milliseconds since 1970. */
  readonly since: number;
  /** When a client last confirmed that it acts on it, milliseconds since 1970; `undefined` if none has. */
  readonly confirmedAt: number | undefined;
}

export interface Explanation {
  readonly key: string;
  /** Node ids in order of preference. */
  readonly owners: readonly string[];
  /** Owners in earlier views that clients still ask. */
  readonly elders: readonly string[];
  readonly mode: 'settled' | 'overlap' | 'handover';
}

/** An earlier list of nodes, or one that other clients still act on: some sessions may be only there. */
export interface Handover {
  /** Ids of the nodes that were in rotation. */
  readonly nodes: readonly string[];
  /** How many of them hold each key. */
  readonly copies: number;
  readonly ring: Ring;
  /** Why these nodes came into rotation. */
  readonly cause: ViewCause;
  /**
   * When a client last confirmed that it acts on them, milliseconds since 1970. During an overlap, that may be a moment
   * ago.
   */
  readonly since: number;
  /**
   * `overlap`: other clients may still act on them. `handover`: no client does, and reads migrate what they hold.
   * `closing`: a client is moving the rest to its owners.
   */
  readonly phase: 'overlap' | 'handover' | 'closing';
  /** When the overlap ends, milliseconds since 1970, unless a client confirms again that it acts on them. */
  readonly agreedAt: number;
  /** Latest end of the handover, milliseconds since 1970: nothing written before lives longer. */
  readonly until: number;
}

/** What the caller knows about a missed key. More knowledge makes the cause more certain. */
export interface MissKnowledge {
  /** When the key was last known to be stored, milliseconds since 1970. */
  readonly seenAt?: number | undefined;
  /** When the key would have expired, milliseconds since 1970. */
  readonly endsAt?: number | undefined;
  /** Time to live of such keys after their last use, in seconds. */
  readonly ttlSeconds?: number | undefined;
}

/**
 * - `destroyed`: the key has a tombstone
 * - `expired`: its time to live ended
 * - `evicted`: a node evicted items
 * - `node-lost`: its nodes left the list with all they held
 * - `node-restarted`: its nodes started after it was written
 * - `flushed`: a node was flushed (`flush_all`)
 * - `other-cluster`: it was never in this cluster
 * - `foreign`: another program's bytes are under the key
 * - `unknown`: none of these, or the nodes don't report enough
 */
export type MissCause =
  | 'destroyed'
  | 'expired'
  | 'evicted'
  | 'node-lost'
  | 'node-restarted'
  | 'flushed'
  | 'other-cluster'
  | 'foreign'
  | 'unknown';

/** `certain`: proven. `likely`: it fits, and nothing contradicts it. `possible`: one of several. */
export type Certainty = 'certain' | 'likely' | 'possible';

export interface MissReport {
  readonly cause: MissCause;
  readonly certainty: Certainty;
  /** The node that has the evidence, or that lost the key. */
  readonly node?: string;
}

export type SafeToRemove = { readonly safe: true } | NotSafeToRemove;

export interface NotSafeToRemove {
  readonly safe: false;
  readonly reason: RemovalObstacle;
  /** For people: the obstacle, and what to do. */
  readonly detail: string;
}

/**
 * - `sessions-only-there`: it is in rotation with `copies: 1`, or no other node in reach has one of its sessions
 * - `handover-open`: other clients may still write to it, or it does not list its keys while a handover is open
 * - `drain-not-done`: it is being drained
 * - `last-node`: no other node would remain in rotation
 * - `out-of-reach`: it does not answer, so its sessions can't be compared
 */
export type RemovalObstacle = 'sessions-only-there' | 'handover-open' | 'drain-not-done' | 'last-node' | 'out-of-reach';

export interface SafeToRemoveOptions {
  /** Keys compared per second at most, a whole number from 1. Default 5,000. Fewer while the process is busy. */
  readonly keysPerSecond?: number | undefined;
  readonly signal?: AbortSignal;
}

export interface DrainProgress {
  /**
   * - `agreeing`: waiting until every client acts without the node
   * - `carrying`: copying its keys to their owners
   * - `expiring`, with `untilExpired`: waiting until no record is alive that only this node holds
   */
  readonly phase: 'agreeing' | 'carrying' | 'expiring' | 'done';
  /** Keys processed so far. */
  readonly keys: number;
  /** Of these, records and tombstones that were copied to their owners. */
  readonly carried: number;
  /** Estimated milliseconds until all clients agree; 0 in the other phases. */
  readonly agreedInMs: number;
  /** Milliseconds until all records on the node have expired or were copied; 0 in the other phases. */
  readonly expiredInMs: number;
}

export interface DrainOptions {
  /**
   * For nodes that list no keys, such as those of ElastiCache from memcached 1.6.17. The drain copies nothing; it waits
   * for the longest time to live. Meanwhile clients read from the node, and copy what they read, touch or write to its
   * owners; the rest expires. Default `false`.
   */
  readonly untilExpired?: boolean | undefined;
  /** Keys processed per second at most, a whole number from 1. Default 5,000. Fewer while the process is busy. */
  readonly keysPerSecond?: number | undefined;
  /** Called with the progress, about ten times a second. */
  readonly onProgress?: ((progress: DrainProgress) => void) | undefined;
  /** Aborts the drain and returns the node to rotation. */
  readonly signal?: AbortSignal;
}
