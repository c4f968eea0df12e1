/**
 * The part of a client that operations use: where keys are, the nodes, and what must hold before a write is
 * acknowledged.
 */
import type { Clock } from './clock.ts';
import type { SteadyClock } from './steady-clock.ts';
import type { NodeHealth } from './contract.ts';
import type { Fence } from './node/fence.ts';
import type { Entry } from './record.ts';
import type { RequestOptions, StoreAttributes, StoreMode, StoreOutcome } from './transport/transport.ts';
import type { Hedging } from './operations/hedging.ts';
import type { VersionSource } from './version.ts';
import type { Rotation } from './membership/rotation.ts';
import type { Route } from './membership/route.ts';

/** The part of a node that operations use. */
export interface ClusterNode {
  readonly id: string;
  readonly health: NodeHealth;
  /** Whether connections to it fail instead of waiting: then a probe soon shows whether the node is back. */
  readonly failsAtOnce: boolean;
  /** Whether nothing listens at its address: then no client reaches it. */
  readonly refuses: boolean;
  /** Number of the current connection, or of the last one. */
  readonly epoch: number;
  /** Probes the node now, even if it is ejected. Resolves to whether it answers. */
  probeNow(): Promise<boolean>;
  /** Changes whenever a client publishes a change of views. */
  readonly fence: Fence;
  getEntry(key: string, options: RequestOptions | undefined): Promise<Entry | undefined>;
  store(
    mode: StoreMode,
    key: string,
    bytes: Buffer,
    attributes: StoreAttributes,
    options: RequestOptions | undefined,
  ): Promise<StoreOutcome>;
  touch(
    key: string,
    ttlSeconds: number,
    options: RequestOptions | undefined,
  ): Promise<{ readonly flags: number } | undefined>;
}

export interface Cluster {
  readonly clock: Clock & Pick<SteadyClock, 'latest'>;
  readonly versions: VersionSource;
  /** The name under which the clients of one service share their history. */
  readonly namespace: string;
  route(key: string): Route;
  /** Identity of the current owners and of the node that orders writers: a new object after a change. */
  readonly basis: object;
  node(id: string): ClusterNode;
  readonly rotation: Rotation;
  /** Returns `owners` in the order in which a settled read asks them. */
  readingOrder(owners: readonly string[]): readonly string[];
  /** Decides when to ask the next copy as well; `undefined` if reads are not hedged. */
  readonly hedging: Hedging | undefined;
  /**
   * Announces a record with this time to live. Await the promise, if any: other clients must know before the record is
   * written.
   */
  announceTtl(ttlSeconds: number, which?: 'new' | 'remaining'): Promise<void> | undefined;
  /**
   * `undefined` if the history was read lately; otherwise resolves after an attempt to read it. A process that slept
   * through a change, or was cut off from a node for a moment, must not read from the old owners.
   */
  ensureFresh(): Promise<void> | undefined;
  /**
   * `undefined` if the history was read lately and is complete; otherwise reads it. Rejects with `SESS_UNAVAILABLE` if
   * an earlier view may still be unknown. A process that slept through a change must not report a miss.
   */
  ensureComplete(): Promise<void> | undefined;
  /**
   * `undefined` if every node in reach has the current view and the history was read lately; otherwise resolves after
   * an attempt to read and publish it.
   */
  ensurePublished(): Promise<void> | undefined;
  /** Reads the history again from all nodes. Resolves to whether each of `ids` answered. */
  relearn(ids: readonly string[]): Promise<boolean>;
  /** Keeps a tombstone that did not reach `nodeId`, and delivers it when the node answers. */
  hint(nodeId: string, key: string, tombstone: Buffer, endsAt: number): void;
}

/** One operation on one key, with the caller's options for each of its requests. */
export interface KeyOperation {
  readonly cluster: Cluster;
  readonly key: string;
  readonly options: RequestOptions | undefined;
}
