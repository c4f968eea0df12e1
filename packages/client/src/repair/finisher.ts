/**
 * Finishes handovers before their windows end: one client, holding a lease, empties the elders of all views but the
 * current one, and publishes that clients need not ask them any more.
 *
 * ```
 *   all act on one view ──▶ closing: writes remove their copy from elders ──▶ a pass finds no keys on elders ──▶ closed
 *                              ▲                                                │
 *                              └── it found keys and migrated them ─────────────┘
 * ```
 *
 * Elders order writers until the view is closed, as in every handover. A client acts on a closed view once every node
 * in reach stores that it is closed, so a client that still writes by an elder finds its fence changed.
 */
import { setMaxListeners } from 'node:events';

import type { HandoverMessage } from '../diagnostics.ts';
import { handoverChannel } from '../diagnostics.ts';
import { SessClientError } from '../errors.ts';
import type { Closable } from '../membership/closings.ts';
import type { StrangerChecks } from '../membership/stranger-checks.ts';
import { emptyElders } from './empty-elders.ts';
import { forKeysOn } from './key-batches.ts';
import { keyIn } from '../membership/history-seal.ts';
import { Lease } from './lease.ts';
import type { ListingCluster } from './migrate-key.ts';
import { refuseSecondNames } from './second-names.ts';

export interface FinishableCluster extends ListingCluster {
  /**
   * The views beside the current one, if all clients act on the current one; `undefined` while they can't be finished.
   */
  readonly closable: readonly Closable[] | undefined;
  /** All nodes that may hold keys; `undefined` while one is out of reach. */
  readonly nodeIds: readonly string[] | undefined;
  /** Whether copies are being rereplicated: handovers are finished after that. */
  readonly isRestoring: boolean;
  /** Publishes that these views are closing, or closed; resolves after an attempt on every node. */
  closeViews(views: readonly Closable[], isClosed: boolean): Promise<void>;
  /** The keys of clients with another history must not be moved. */
  readonly strangers: StrangerChecks;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** Each pass moves the copies that the previous pass left, or that were written meanwhile. */
const MAX_PASSES = 20;
/** Usually one key at a time: a handover may last for hours, and a visitor of this process waits for every batch. */
const BATCH_MS = 1;
/** The lease never records completion: the history does. */
const NEVER_DONE = Number.MAX_SAFE_INTEGER;

export class Finisher {
  readonly #cluster: FinishableCluster;
  readonly #keysPerSecond: number;
  readonly #random: () => number;
  readonly #stop = new AbortController();
  #isRunning = false;
  /** Views that can't be finished because a node does not list its keys. */
  #unfinishable: string | undefined;
  #keys = 0;
  #migrated = 0;

  constructor(cluster: FinishableCluster, keysPerSecond: number, random: () => number) {
    this.#cluster = cluster;
    this.#keysPerSecond = keysPerSecond;
    this.#random = random;
    // Many keys are processed concurrently, and each may listen.
    setMaxListeners(0, this.#stop.signal);
  }

  /** Starts if there is anything to finish; call it after every change. */
  startIfNeeded(): void {
    const { closable } = this.#cluster;
    if (
      this.#isRunning ||
      this.#stop.signal.aborted ||
      closable === undefined ||
      closable.length === 0 ||
      this.#isUnfinishable(closable)
    )
      return;
    this.#isRunning = true;
    const ended = (): void => {
      this.#isRunning = false;
    };
    this.#run().then(ended, ended);
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Runs until no view is open, or none can be finished. */
  async #run(): Promise<void> {
    const { signal } = this.#stop;
    for (let failures = 0; ;) {
      await this.#cluster.pause(
        Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures) * (0.5 + this.#random()),
        signal,
      );
      const { closable } = this.#cluster;
      if (signal.aborted || closable?.length === 0) return;
      if (closable === undefined || this.#cluster.nodeIds === undefined || this.#cluster.isRestoring) continue;
      try {
        await this.#attempt(closable, this.#cluster.nodeIds);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures = error instanceof Changed ? 0 : failures + 1;
        this.#publish('interrupted', closable, error);
        if (!SessClientError.is(error) || error.code !== 'SESS_SERVER') continue;
        // A node that does not list its keys will not do so later.
        this.#unfinishable = namesOf(closable);
        return;
      }
    }
  }

  #isUnfinishable(views: readonly Closable[]): boolean {
    return this.#unfinishable !== undefined && this.#unfinishable === namesOf(views);
  }

  async #attempt(views: readonly Closable[], nodeIds: readonly string[]): Promise<void> {
    const cluster = this.#cluster;
    const lease = new Lease(
      cluster,
      keyIn(cluster.namespace, 'finish'),
      cluster.rotation.ids.toSorted(),
      this.#stop.signal,
    );
    if ((await lease.take(NEVER_DONE)) !== 'taken') return;
    try {
      this.#keys = 0;
      this.#migrated = 0;
      await this.#refuseSharedNodes(nodeIds);
      await cluster.closeViews(views, false);
      this.#publish('begun', views, undefined);
      const before = cluster.clock.now();
      for (let pass = 1; (await this.#pass(views, nodeIds, { pass, before }, lease)) > 0; pass += 1) {
        if (pass === MAX_PASSES)
          throw new SessClientError(
            'SESS_UNAVAILABLE',
            'Copies came to earlier owners faster than they could be moved; the handover is finished later.',
          );
        this.#publish('passed', views, undefined);
        await this.#refuseSharedNodes(nodeIds);
      }
      await cluster.ensureFresh();
      this.#throwIfChanged(views);
      await cluster.closeViews(views, true);
      this.#publish('done', views, undefined);
    } finally {
      await lease.release();
    }
  }

  /** Processes the keys of all nodes. Returns how many had a misplaced copy from before `before`. */
  async #pass(
    views: readonly Closable[],
    nodeIds: readonly string[],
    { pass, before }: { readonly pass: number; readonly before: number },
    lease: Lease,
  ): Promise<number> {
    const cluster = this.#cluster;
    const { signal } = this.#stop;
    let found = 0;
    for (const source of nodeIds) {
      const migrateKeys = async (keys: readonly string[]): Promise<void> => {
        signal.throwIfAborted();
        // A process that slept through a change must not migrate keys by its old view.
        await cluster.ensureFresh();
        this.#throwIfChanged(views);
        const outcomes = await Promise.all(keys.map((key) => emptyElders(cluster, key, before, signal)));
        this.#keys += keys.length;
        this.#migrated += outcomes.filter(({ isMigrated }) => isMigrated).length;
        found += outcomes.filter(({ isFound }) => isFound).length;
        await lease.renew();
      };
      // Owners lack copies only on the first pass: every write goes to all of them.
      const rate = { keysPerSecond: this.#keysPerSecond, batchMs: BATCH_MS };
      await forKeysOn(cluster, source, rate, signal, migrateKeys, (key) =>
        isConcerned(cluster, key, source, pass === 1),
      );
    }
    return found;
  }

  /** Runs before every pass: strangers that joined since must not lose their keys. */
  async #refuseSharedNodes(nodeIds: readonly string[]): Promise<void> {
    await refuseSecondNames(this.#cluster, nodeIds, this.#stop.signal);
    for (const id of nodeIds) {
      if (!(await this.#cluster.strangers.isSharedWithStrangers(id, { signal: this.#stop.signal }))) continue;
      throw new SessClientError(
        'SESS_SERVER',
        `Node ${id} is shared with clients that keep a history of their own, so nothing is removed from it: handovers end with their windows.`,
        { node: id },
      );
    }
  }

  #throwIfChanged(views: readonly Closable[]): void {
    const { closable } = this.#cluster;
    if (
      closable !== undefined &&
      closable.length === views.length &&
      views.every((view) => closable.some((other) => isSame(view, other)))
    )
      return;
    throw new Changed('SESS_UNAVAILABLE', 'The cluster changed meanwhile.');
  }

  #publish(phase: HandoverMessage['phase'], views: readonly Closable[], error: unknown): void {
    if (handoverChannel.hasSubscribers)
      handoverChannel.publish({ phase, views: views.length, keys: this.#keys, carried: this.#migrated, error });
  }
}

/** The open views changed: start again with the new ones. */
class Changed extends SessClientError {}

/** Whether a copy on `source` may be misplaced, or the only one. */
function isConcerned(cluster: FinishableCluster, key: string, source: string, copiesToo: boolean): boolean {
  const { owners, elders, mode } = cluster.route(key);
  if (mode === 'settled') return false;
  return elders.includes(source) || (copiesToo && owners.length > 1 && owners.includes(source));
}

function isSame(one: Closable, other: Closable): boolean {
  return one.id === other.id && one.confirmedAt === other.confirmedAt;
}

function namesOf(views: readonly Closable[]): string {
  return views.map(({ id }) => id).join('\n');
}
