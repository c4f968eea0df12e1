/** What the operations see of a client: where keys are, who holds them, and what must be true before a write is acknowledged. */
import type { Clock } from './clock.ts';
import type { NodeHealth } from './contract.ts';
import type { Fence } from './node/fence.ts';
import type { Entry } from './record.ts';
import type { CasToken, RequestOptions, StoreAttributes, StoreMode, StoreOutcome } from './transport/transport.ts';
import type { Hedging } from './operations/hedging.ts';
import type { VersionSource } from './version.ts';
import type { Route } from './membership/route.ts';

/** A node as the operations see it. */
export interface Holder {
  readonly id: string;
  readonly health: NodeHealth;
  /** Whether it refuses connections: then nobody reaches it. */
  readonly refuses: boolean;
  /** Number of the connection that stands, or stood last. */
  readonly epoch: number;
  /** Shows whether anything changed that decides owners. */
  readonly fence: Fence;
  look(key: string, options: RequestOptions | undefined): Promise<Entry | undefined>;
  store(
    mode: StoreMode,
    key: string,
    bytes: Buffer,
    attributes: StoreAttributes,
    options: RequestOptions | undefined,
  ): Promise<StoreOutcome>;
  touch(key: string, ttlSeconds: number, options: RequestOptions | undefined): Promise<{ readonly flags: number } | undefined>;
  /** Removes what is under `key` where it is still what was read. Whether it was removed. */
  remove(key: string, cas: CasToken, options: RequestOptions | undefined): Promise<boolean>;
}

export interface Cluster {
  readonly clock: Clock;
  readonly versions: VersionSource;
  route(key: string): Route;
  /** What decides owners, and who decides between writers: another object when that changed. */
  readonly basis: object;
  holder(id: string): Holder;
  /** When the next copy is asked as well; `undefined` where nothing is asked twice. */
  readonly hedging: Hedging | undefined;
  /** A record is about to live for so long: the others must know before it is written. */
  willLive(ttlSeconds: number, why?: 'asked' | 'carried'): Promise<void> | undefined;
  /**
   * Resolves when an attempt was made to read the history, where it was not read lately; `undefined` when it was. A process that slept through a change,
   * or was cut off from a node for a moment, must not read by its old map.
   */
  ensureFresh(): Promise<void> | undefined;
  /** Resolves when the history was read lately; `undefined` when it was. A process that slept through a change must not call a session missing. */
  ensureComplete(): Promise<void> | undefined;
  /** Resolves when the current view stands on every node in reach and the history was read lately; `undefined` when that is so already. */
  ensurePublished(): Promise<void> | undefined;
  /** Reads the history anew from all nodes. Whether each of these told what it knows. */
  relearn(ids: readonly string[]): Promise<boolean>;
  /** A tombstone could not be brought to `nodeId`: it is kept, and delivered when the node answers. */
  hint(nodeId: string, key: string, tombstone: Buffer, endsAt: number): void;
}
