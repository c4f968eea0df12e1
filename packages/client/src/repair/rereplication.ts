/**
 * Restores copies in the background, before reads ask for them: those that a returned node lacks, and those that were
 * lost with a node that left. One client does the work and holds a lease; the others wait, and take over if that client
 * dies.
 */
import { rereplicationChannel } from '../diagnostics.ts';
import { SessClientError } from '../errors.ts';
import { codeOf } from '../node/breaker.ts';
import { migrateKey, type MigrationOutcome } from './migrate-key.ts';
import { forKeysOn } from './key-batches.ts';
import { Lease } from './lease.ts';
import { askNode } from '../operations/replies.ts';
import { readTargets } from '../membership/route.ts';
import type { RereplicatingCluster, RereplicationPlan, RereplicationTask } from './rereplication-task.ts';

const KEYS_PER_SECOND = 1_000;
/** Interval between attempts to start or to take the lease. */
const FIRST_PAUSE_MS = 1_000;
/** Failures in a row, about a minute with the growing pauses, before the rest is left to read repair. */
const MAX_FAILURES = 6;

export class Rereplication {
  readonly #cluster: RereplicatingCluster;
  readonly #task: RereplicationTask;
  readonly #signal: AbortSignal;
  /** One at a time: the rate limit is per client. */
  readonly #lock: TryLock;
  #viewId: string | undefined;
  #since = 0;
  /** Nodes whose keys were all processed. */
  readonly #walked = new Set<string>();
  #keys = 0;
  #migrated = 0;
  #tooLarge = 0;

  constructor(cluster: RereplicatingCluster, task: RereplicationTask, lock: TryLock, signal: AbortSignal) {
    this.#cluster = cluster;
    this.#task = task;
    this.#lock = lock;
    this.#signal = signal;
  }

  /** Losses until this time are covered by the last attempt, milliseconds since 1970. */
  get since(): number {
    return this.#since;
  }

  /** Never rejects: read repair restores the rest. */
  async run(): Promise<void> {
    for (let failures = 0; ;) {
      try {
        if (await this.#lock.run(() => this.#attempt())) return;
      } catch (error) {
        if (this.#signal.aborted) return;
        failures = this.#hasChanged ? 0 : failures + 1;
        // A node that does not list its keys will not do so later.
        if (failures >= MAX_FAILURES || (SessClientError.is(error) && error.code === 'SESS_SERVER'))
          return this.#publish('given-up', error);
      }
      await this.#cluster.pause(FIRST_PAUSE_MS * 2 ** failures, this.#signal);
      if (this.#signal.aborted) return;
    }
  }

  /** Returns whether the work is done, by any client. */
  async #attempt(): Promise<boolean> {
    this.#viewId = this.#cluster.rotation.viewId;
    if (this.#hasChanged) return false;
    if (!(await this.#task.prepare())) return false;
    const plan = this.#task.plan();
    if (plan === 'over') return true;
    if (plan === 'later') return false;
    this.#since = plan.since;
    const lease = new Lease(this.#cluster, plan.leaseKey, plan.leaseNodes, this.#signal);
    const taken = await lease.take(plan.since);
    if (taken !== 'taken') return taken === 'done';
    try {
      await this.#restore(plan, lease);
      return true;
    } catch (error) {
      await lease.release();
      throw error;
    }
  }

  async #restore({ sources, completionSeconds }: RereplicationPlan, lease: Lease): Promise<void> {
    this.#keys = 0;
    this.#migrated = 0;
    this.#tooLarge = 0;
    this.#walked.clear();
    this.#publish('begun', undefined);
    for (const source of sources) await this.#walk(source, lease);
    this.#throwIfChanged();
    await lease.done(this.#cluster.clock.now(), completionSeconds);
    this.#publish('done', undefined);
  }

  async #walk(source: string, lease: Lease): Promise<void> {
    const migrateKeys = async (keys: readonly string[]): Promise<void> => {
      this.#signal.throwIfAborted();
      // A process that slept through a change must not migrate keys by its old view.
      await this.#cluster.ensureFresh();
      this.#throwIfChanged();
      const outcomes = await Promise.all(keys.map((key) => this.#migrateKey(key, source)));
      this.#keys += keys.length;
      this.#migrated += outcomes.filter((outcome) => outcome === 'migrated').length;
      await lease.renew();
    };
    const isHeld = this.#cluster.rotation.heldBy(this.#task.node);
    await forKeysOn(this.#cluster, source, { keysPerSecond: KEYS_PER_SECOND }, this.#signal, migrateKeys, isHeld);
    this.#walked.add(source);
  }

  /** Migrates a key once, from the first node that lists it. */
  async #migrateKey(key: string, source: string): Promise<MigrationOutcome> {
    const route = this.#cluster.route(key);
    // Settled: read repair stops at the first hit, so a copy on one owner does not prove one on another.
    const earlier = route.mode === 'settled' ? undefined : readTargets(route).find((id) => this.#walked.has(id));
    if (earlier !== undefined) {
      const operation = { cluster: this.#cluster, key, options: { signal: this.#signal } };
      const { entry } = await askNode(operation, earlier);
      if (entry?.kind === 'record' || entry?.kind === 'tombstone') return 'present';
    }
    try {
      return await migrateKey(this.#cluster, key, source, 'enough', this.#signal);
    } catch (error) {
      // It will not fit later either, and must not block the other keys.
      if (codeOf(error) !== 'SESS_TOO_LARGE') throw error;
      this.#tooLarge += 1;
      return 'nothing';
    }
  }

  /** Whether this client's view changed, or other clients may act on another one. */
  get #hasChanged(): boolean {
    return this.#cluster.agreedInMs > 0 || this.#cluster.rotation.viewId !== this.#viewId;
  }

  #throwIfChanged(): void {
    if (this.#hasChanged)
      throw new SessClientError('SESS_UNAVAILABLE', 'The cluster changed meanwhile.', { node: this.#task.node });
  }

  #publish(phase: 'begun' | 'done' | 'given-up', error: unknown): void {
    if (!rereplicationChannel.hasSubscribers) return;
    const { node, reason } = this.#task;
    rereplicationChannel.publish({
      node,
      reason,
      phase,
      keys: this.#keys,
      carried: this.#migrated,
      tooLarge: this.#tooLarge,
      error,
    });
  }
}

/** Runs one task at a time, without a queue. */
export class TryLock {
  #isTaken = false;

  /** The result of `work`; `false` if another is running. */
  async run(work: () => Promise<boolean>): Promise<boolean> {
    if (this.#isTaken) return false;
    this.#isTaken = true;
    try {
      return await work();
    } finally {
      this.#isTaken = false;
    }
  }
}
