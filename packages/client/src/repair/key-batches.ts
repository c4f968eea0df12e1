/** Processes the keys of a node in batches, at a bounded rate. */
import type { ListingCluster } from './migrate-key.ts';
import { Pace } from './pace.ts';

/** Most keys processed at once: enough to hide the round trips, few enough to leave the nodes to their users. */
const AT_ONCE = 32;
/**
 * At a lower rate, as many at once as are due in this time: a burst and a long pause would delay every other request.
 */
const BATCH_MS = 4;

/** How fast keys are processed. */
export interface KeyRate {
  /** Most keys per second. */
  readonly keysPerSecond: number;
  /**
   * Keys that are due in this time are processed at once. Default {@link BATCH_MS}; less if nobody waits for the end.
   */
  readonly batchMs?: number;
}

/** Most listed keys per batch if most are unwanted: the process must not block on a long list. */
const LISTED_AT_ONCE = 1_000;
/** Most time per batch, and the number of keys between two reads of the clock. */
const SLICE_MS = 1;
const LOOK_AT_CLOCK_EVERY = 64;

/**
 * Calls `work` with batches of the wanted keys, at the given rate, and at a lower one while the process is busy
 * ({@link Pace}). A batch may be empty. Rejects with the first error of `work`.
 */
export async function forKeysOn(
  cluster: ListingCluster,
  id: string,
  { keysPerSecond, batchMs = BATCH_MS }: KeyRate,
  signal: AbortSignal | undefined,
  work: (keys: readonly string[]) => Promise<void>,
  isWanted: (key: string) => boolean = () => true,
): Promise<void> {
  const atOnce = Math.min(AT_ONCE, Math.ceil((keysPerSecond * batchMs) / 1000));
  const pace = new Pace(cluster, keysPerSecond);
  let batch: string[] = [];
  let listed = 0;
  let sliceFrom = cluster.clock.elapsed();
  const flush = async (): Promise<void> => {
    // Waiting for the listing did not block the event loop.
    const blockedMs = Math.min(cluster.clock.elapsed() - sliceFrom, SLICE_MS);
    await work(batch);
    await pace.rest(batch.length, blockedMs, signal);
    batch = [];
    listed = 0;
    sliceFrom = cluster.clock.elapsed();
  };
  const isSliceOver = (): boolean =>
    listed % LOOK_AT_CLOCK_EVERY === 0 && cluster.clock.elapsed() - sliceFrom >= SLICE_MS;
  for await (const key of cluster.keysOn(id, signal === undefined ? undefined : { signal })) {
    listed += 1;
    if (isWanted(key)) batch.push(key);
    if (batch.length >= atOnce || listed >= LISTED_AT_ONCE || isSliceOver()) await flush();
  }
  await flush();
}
