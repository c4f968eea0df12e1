/** Going through the keys of a node at a bounded pace. */
import type { ListingCluster } from './carry-key.ts';

/** How many keys are worked on at once: enough to hide the round trips, few enough to leave the nodes to their users. */
const AT_ONCE = 32;

/** Calls `work` with a few keys at a time, at most `keysPerSecond` in all. What it throws ends it. */
export async function forKeysOn(
  cluster: ListingCluster,
  id: string,
  keysPerSecond: number,
  signal: AbortSignal | undefined,
  work: (keys: readonly string[]) => Promise<void>,
): Promise<void> {
  const startedAt = cluster.clock.elapsed();
  let batch: string[] = [];
  let done = 0;
  const flush = async (): Promise<void> => {
    await work(batch);
    done += batch.length;
    batch = [];
    const ahead = startedAt + (done / keysPerSecond) * 1000 - cluster.clock.elapsed();
    if (ahead > 0) await cluster.pause(ahead, signal);
  };
  for await (const key of cluster.keysOn(id, signal === undefined ? undefined : { signal })) {
    batch.push(key);
    if (batch.length >= Math.min(AT_ONCE, keysPerSecond)) await flush();
  }
  await flush();
}
