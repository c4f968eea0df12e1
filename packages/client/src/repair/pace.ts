/**
 * The pace of background work: at most `keysPerSecond` keys, and fewer while the process or its machine is busy, so
 * that the callers' requests come first.
 *
 * A timer that fires late shows how long a caller's reply waits, whatever the reason: handlers of the application,
 * garbage collection, or other processes on the same processor. This work does not run during a rest, so it does not
 * measure itself.
 */
import type { ListingCluster } from './migrate-key.ts';

/** Least rest between two batches, milliseconds. */
const LEAST_REST_MS = 1;
/** Rest for each millisecond in which a batch blocked the event loop: batches get at most a quarter of its time. */
const REST_PER_BLOCKED_MS = 3;
/** Rest for each millisecond that the last rest ended late. */
const REST_PER_LATE_MS = 4;
/** Timers of an idle process are late by up to this: Node.js counts whole milliseconds. */
const TIMER_MS = 1;
/**
 * Longest rest because of a busy process, milliseconds: the work must end even on a machine that is always busy, and a
 * drain must end before its node is stopped.
 */
const LONGEST_REST_MS = 10;
/** Longest delay that the next batches catch up with, milliseconds: more would be a burst while callers wait, too. */
const MOST_BEHIND_MS = 4;

export class Pace {
  readonly #cluster: ListingCluster;
  readonly #keysPerSecond: number;
  /** When the next batch is due, by the monotonic clock. */
  #dueAt: number;
  /** How late the last rest ended. */
  #lateMs = 0;

  constructor(cluster: ListingCluster, keysPerSecond: number) {
    this.#cluster = cluster;
    this.#keysPerSecond = keysPerSecond;
    this.#dueAt = cluster.clock.elapsed();
  }

  /**
   * Resolves when the next batch may begin, or when the signal fires.
   *
   * @param keys in the batch that ended
   * @param blockedMs how long that batch blocked the event loop
   */
  async rest(keys: number, blockedMs: number, signal: AbortSignal | undefined): Promise<void> {
    const { clock } = this.#cluster;
    const from = clock.elapsed();
    this.#dueAt = Math.max(this.#dueAt + (keys / this.#keysPerSecond) * 1000, from - MOST_BEHIND_MS);
    const busyMs = Math.max(LEAST_REST_MS, REST_PER_BLOCKED_MS * blockedMs, REST_PER_LATE_MS * this.#lateMs);
    const restMs = Math.max(this.#dueAt - from, Math.min(busyMs, LONGEST_REST_MS));
    await this.#cluster.pause(restMs, signal);
    this.#lateMs = Math.max(0, clock.elapsed() - from - restMs - TIMER_MS);
  }
}
