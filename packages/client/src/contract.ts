import type { Topology } from '@sess/discovery';
import type { RingNode } from '@sess/hash-ring';

import type { ViewCause } from './membership/history.ts';

/** What is stored under a key. Immutable; comes from a {@link Client}, and goes back to it as what a write expects. */
export interface CacheRecord {
  /** The caller's bytes, without the envelope. A view of what was read: no copy is made. */
  readonly value: Buffer;
  /** Rises with every write of the key: 48 bits of milliseconds since 1970, 16 bits of order. */
  readonly version: bigint;
  /**
   * Remaining time to live in seconds when it was read or written; `Infinity` when it never expires; `undefined` where
   * the protocol can't tell (classic text, binary).
   */
  readonly ttlSeconds: number | undefined;
}

/**
 * Many memcached nodes as one store.
 *
 * A miss is a value. A promise rejects only with a `SessClientError`: when nobody could tell, when a condition did not
 * hold, or when the input was refused before anything was sent. An operation started before the first topology is known
 * waits for it, at most `timeoutMs`.
 */
export interface Client extends AsyncDisposable {
  /**
   * Resolves when the first topology is known and one node answers.
   *
   * @throws {SessClientError} `SESS_UNAVAILABLE` when that did not come within `readyTimeoutMs`: it says what was
   *   tried. `SESS_AUTH` as soon as every node refused the credentials. The client goes on trying: `ready()` may be
   *   called again.
   */
  ready(options?: OperationOptions): Promise<void>;
  /**
   * The record under `key`, or `undefined` when there is none or it was deleted. Rejects when nobody could tell.
   *
   * Bytes under the key that are not a record of this client count as a miss and are told on the channel
   * `sess:client:foreign-item`.
   */
  get(key: string, options?: OperationOptions): Promise<CacheRecord | undefined>;
  /**
   * Writes, and resolves with the record as written.
   *
   * - `expect` a record that was read or written before: compare-and-swap.
   * - `expect: 'absent'`: only where nothing is, neither a record nor a tombstone nor something foreign.
   * - without `expect`: one blind round trip. The last writer wins, even over a tombstone: what was deleted meanwhile
   *   is back. Sessions never use it.
   *
   * @throws {SessClientError} `SESS_CONFLICT` when what was expected does not hold: read again, merge, write again.
   */
  set(key: string, value: Uint8Array | string, options: SetOptions): Promise<CacheRecord>;
  /** Moves the expiry to `ttlSeconds` from now. `false` when there is no record, or a tombstone. */
  touch(key: string, ttlSeconds: number, options?: OperationOptions): Promise<boolean>;
  /**
   * Deletes, and leaves a tombstone for `ttlSeconds`, so that no write under way brings the record back. Whether there
   * was a record.
   */
  delete(key: string, options: DeleteOptions): Promise<boolean>;
  /**
   * Takes a node out of rotation without losing what it holds, before it is removed: waits until every client acts
   * without it (about three times `historyIntervalMs` and `clockSkewMs`), then carries every record and tombstone to
   * its owners. Resolves when that is done: then remove it.
   *
   * @throws {SessClientError} `SESS_BAD_VALUE` for a node that is not in the topology, `SESS_SERVER` for one that does
   *   not list its keys (then nothing was changed), `SESS_ABORTED` when `signal` fired (the node is back in rotation).
   */
  drain(nodeId: string, options?: DrainOptions): Promise<DrainProgress>;
  /**
   * Puts a node back into rotation that a drain took out of it, whichever client drained it. Resolves when that stands on
   * the nodes.
   *
   * @throws {SessClientError} `SESS_BAD_VALUE` for a node that is not in the topology, or was not drained.
   */
  putBack(nodeId: string): Promise<void>;
  /**
   * Whether `nodeId` can be stopped and taken off the list without losing a session. Compares what it holds with the
   * other nodes: one listing of its keys, and two small reads for each. The answer holds for the moment: a change of
   * nodes meanwhile asks for another.
   *
   * @throws {SessClientError} `SESS_BAD_VALUE` for a node that is neither in the topology nor in an open handover,
   *   `SESS_ABORTED` when `signal` fired.
   */
  safeToRemove(nodeId: string, options?: SafeToRemoveOptions): Promise<SafeToRemove>;
  /**
   * Who owns `key` now, and how it would be read: for people and tools. No I/O. No owners before the first topology.
   *
   * @throws {SessClientError} `SESS_BAD_KEY`.
   */
  explain(key: string): Explanation;
  /**
   * Why `key` was missed, as far as can still be found out: asks the nodes that could hold it once more, and for their
   * counters. For whoever wants to know; a miss itself costs nothing of this.
   *
   * @throws {SessClientError} `SESS_BAD_KEY`, `SESS_CLOSED`.
   */
  whyMissing(key: string, known: MissKnowledge, options?: OperationOptions): Promise<MissReport>;
  /**
   * Earlier lists of nodes that are still asked, the oldest first: empty when nothing is open. A new list of plain
   * values each time; no I/O.
   */
  readonly handovers: readonly Handover[];
  /** The topology in use, with the state of every node. No nodes before the first topology. */
  readonly topology: ClientTopology;
  /**
   * Lets pending work finish, then releases everything. New operations reject with `SESS_CLOSED`. Twice does no harm.
   */
  close(): Promise<void>;
  /** Rejects pending work with `SESS_CLOSED` and releases everything at once. Twice does no harm. */
  destroy(): void;
}

export interface OperationOptions {
  /** Settles the operation at once with `SESS_ABORTED`. A write that was sent may still happen. */
  readonly signal?: AbortSignal;
}

export interface SetOptions extends OperationOptions {
  /**
   * Whole seconds to live, 1 to 315,360,000 (ten years), and not past 2038-01-19, where memcached's time ends.
   * memcached counts seconds of its own clock: what has n of them ends after n - 1 to n.
   */
  readonly ttlSeconds: number;
  /** What must be there for the write to happen. Default: anything. */
  readonly expect?: CacheRecord | 'absent' | undefined;
}

export interface DeleteOptions extends OperationOptions {
  /** How long the tombstone stands, in whole seconds: as long as an older copy of the record could live. */
  readonly ttlSeconds: number;
}

/** `up` answers; `down` was ejected and is being probed; `unknown` was not spoken to yet. */
export type NodeHealth = 'up' | 'down' | 'unknown';

export interface ClientTopology extends Topology {
  /** The random name that tells the cluster from others; `undefined` before one is known. */
  readonly cluster: string | undefined;
  /** By node id. */
  readonly states: ReadonlyMap<string, NodeHealth>;
  /** Ids of the nodes that sessions are placed on: those that are listed, and neither down nor drained. */
  readonly rotation: readonly string[];
  /** By node id, those that a drain took out of rotation, by whichever client. */
  readonly drains: ReadonlyMap<string, 'draining' | 'drained'>;
  /** What decides which node owns a key; `undefined` before the first topology. */
  readonly ring: Ring | undefined;
}

/** All that decides which node owns a key: nodes, weights, zones, copies, distribution. */
export interface Ring {
  /** The same for clients that place keys alike: 12 hexadecimal digits. Two that are acted on at a time are a fault. */
  readonly fingerprint: string;
  /** Its nodes, with what places their points; zones where there are several copies. */
  readonly nodes: readonly RingNode[];
  /** When a client first acted on it, milliseconds since 1970. */
  readonly since: number;
  /** When a client last said that it acts on it, milliseconds since 1970; `undefined` when none did. */
  readonly confirmedAt: number | undefined;
}

export interface Explanation {
  readonly key: string;
  /** Node ids in order of preference. */
  readonly owners: readonly string[];
  /** Owners in earlier views that are still asked. */
  readonly elders: readonly string[];
  readonly mode: 'settled' | 'overlap' | 'handover';
}

/** Nodes that clients acted on before, or that others act on yet: sessions may be on them that are nowhere else. */
export interface Handover {
  /** Ids of the nodes that were in rotation. */
  readonly nodes: readonly string[];
  /** How many of them hold each key. */
  readonly copies: number;
  readonly ring: Ring;
  /** Why they came into rotation. */
  readonly cause: ViewCause;
  /** When a client last said that it acts on them, milliseconds since 1970. In overlap that may be a moment ago. */
  readonly since: number;
  /**
   * `overlap`: another client may still act on them. `handover`: nobody does, and what they hold is carried when it is
   * asked for. `closing`: a client is bringing what is left on them to where it belongs.
   */
  readonly phase: 'overlap' | 'handover' | 'closing';
  /** When the overlap ends, milliseconds since 1970, unless a client says again that it acts on them. */
  readonly agreedAt: number;
  /** When it is over at the latest, milliseconds since 1970: nothing that was written before lives longer. */
  readonly until: number;
}

/** What the caller knows of a key that was missed. The more, the surer the cause. */
export interface MissKnowledge {
  /** When it was last known to be stored, milliseconds since 1970. */
  readonly seenAt?: number | undefined;
  /** Until when it would have lived, milliseconds since 1970. */
  readonly endsAt?: number | undefined;
  /** For how long such keys live after their last use, in seconds. */
  readonly ttlSeconds?: number | undefined;
}

/**
 * - `destroyed`: a tombstone stands in its place
 * - `expired`: its time was over
 * - `evicted`: a node removed items for lack of memory
 * - `node-lost`: its nodes left the list and do not answer
 * - `node-restarted`: its nodes started after it was written
 * - `flushed`: a node was told to forget everything
 * - `other-cluster`: it was never in this one
 * - `foreign`: another program's bytes are under the key
 * - `unknown`: none of these; nodes that tell nothing of themselves
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

/** `certain`: there is no other way. `likely`: it fits, and nothing speaks against it. `possible`: one of several. */
export type Sureness = 'certain' | 'likely' | 'possible';

export interface MissReport {
  readonly cause: MissCause;
  readonly sureness: Sureness;
  /** The node that holds the evidence, or lost the key. */
  readonly node?: string;
}

export type SafeToRemove = { readonly safe: true } | NotSafeToRemove;

export interface NotSafeToRemove {
  readonly safe: false;
  readonly reason: RemovalObstacle;
  /** For people: what is in the way, and what to do. */
  readonly detail: string;
}

/**
 * - `sessions-only-there`: it is in rotation with `copies: 1`, or a session on it is nowhere else in reach
 * - `handover-open`: other clients may still write to it, or nobody can tell what it alone holds while a handover is
 *   open
 * - `drain-not-done`: a drain of it is under way
 * - `last-node`: no other node would be left in rotation
 * - `out-of-reach`: it does not answer, so nobody can tell what it alone holds
 */
export type RemovalObstacle = 'sessions-only-there' | 'handover-open' | 'drain-not-done' | 'last-node' | 'out-of-reach';

export interface SafeToRemoveOptions {
  /** Keys compared per second at most, a whole number from 1. Default 5,000. */
  readonly keysPerSecond?: number | undefined;
  readonly signal?: AbortSignal;
}

export interface DrainProgress {
  /** `agreeing`: waiting until every client acts without the node. `carrying`: its keys are on their way. */
  readonly phase: 'agreeing' | 'carrying' | 'done';
  /** Keys looked at so far. */
  readonly keys: number;
  /** Of these, records and tombstones that were carried to their owners. */
  readonly carried: number;
  /** Milliseconds until everybody agrees, as far as can be told. 0 in the other phases. */
  readonly agreedInMs: number;
}

export interface DrainOptions {
  /** Keys carried per second at most, a whole number from 1. Default 5,000. */
  readonly keysPerSecond?: number | undefined;
  /** Hears of progress, about ten times a second. */
  readonly onProgress?: ((progress: DrainProgress) => void) | undefined;
  /** Stops the drain and puts the node back into rotation. */
  readonly signal?: AbortSignal;
}
