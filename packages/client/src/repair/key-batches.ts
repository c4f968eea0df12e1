/** Going through the keys of a node at a bounded pace. */
import type { ListingCluster } from './migrate-key.ts';

/**
 * How many keys are worked on at once: enough to hide the round trips, few enough to leave the nodes to their users.
 */
const AT_ONCE = 32;
/**
 * Keys of the list that are gone through in one go, where most are left out: a list is long, and the process has other
 * things to do.
 */
const LISTED_AT_ONCE = 1_000;
/** For how long keys are gone through in one go, at most, and after how many the clock is looked at. */
const SLICE_MS = 5;
const LOOK_AT_CLOCK_EVERY = 64;

/**
 * Calls `work` with a few of the wanted keys at a time, maybe none, at most `keysPerSecond` in all. What it throws ends
 * it.
 */
export async function forKeysOn(
  cluster: ListingCluster,
  id: string,
  keysPerSecond: number,
  signal: AbortSignal | undefined,
  work: (keys: readonly string[]) => Promise<void>,
  isWanted: (key: string) => boolean = () => true,
): Promise<void> {
  const startedAt = cluster.clock.elapsed();
  let batch: string[] = [];
  let done = 0;
  let listed = 0;
  let sliceFrom = startedAt;
  const flush = async (): Promise<void> => {
    await work(batch);
    done += batch.length;
    const ahead = startedAt + (done / keysPerSecond) * 1000 - cluster.clock.elapsed();
    if (ahead > 0 || batch.length < listed) await cluster.pause(Math.max(ahead, 1), signal);
    batch = [];
    listed = 0;
    sliceFrom = cluster.clock.elapsed();
  };
  const isSliceOver = (): boolean =>
    listed % LOOK_AT_CLOCK_EVERY === 0 && cluster.clock.elapsed() - sliceFrom >= SLICE_MS;
  for await (const key of cluster.keysOn(id, signal === undefined ? undefined : { signal })) {
    listed += 1;
    if (isWanted(key)) batch.push(key);
    if (batch.length >= Math.min(AT_ONCE, keysPerSecond) || listed >= LISTED_AT_ONCE || isSliceOver()) await flush();
  }
  await flush();
}
