import { setTimeout as wait } from 'node:timers/promises';
import type { AppFleet } from '../apps/app-fleet.ts';
import type { MissCount } from '../apps/app-messages.ts';

/** The share of the logged-out users per cause, the largest first. Counts only causes that an app was sure of. */
export type MissShares = readonly { readonly cause: MissCount['cause']; readonly share: number }[];

/** How long to wait for causes: an app finds a cause only after its answer. Causes found later are left out. */
const FOUND_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 50;

/**
 * The causes of the sessions that the apps missed since their start. Waits until there are as many causes as users were
 * `loggedOut`. Resolves to `undefined` if the library does not report causes.
 */
export async function missCauses(fleet: AppFleet, loggedOut: number): Promise<MissShares | undefined> {
  if (fleet.strategy.store !== 'sess-client') return undefined;
  if (loggedOut === 0) return [];
  const until = performance.now() + FOUND_WITHIN_MS;
  let found = sharesOf(await fleet.misses());
  while (found.count < loggedOut && performance.now() < until) {
    await wait(LOOK_EVERY_MS);
    found = sharesOf(await fleet.misses());
  }
  return found.shares;
}

/** Shares, not counts: two concurrent requests of one user may both miss the session. */
function sharesOf(misses: readonly MissCount[]): { readonly count: number; readonly shares: MissShares } {
  const counts = new Map<MissCount['cause'], number>();
  // A `destroyed` session is a logout by the user.
  const unasked = misses.filter(({ cause }) => cause !== 'destroyed');
  for (const { cause, count, isSure } of unasked) if (isSure) counts.set(cause, (counts.get(cause) ?? 0) + count);
  const all = [...counts.values()].reduce((total, count) => total + count, 0);
  const shares = Array.from(counts, ([cause, count]) => ({ cause, share: count / all }));
  const count = unasked.reduce((total, miss) => total + miss.count, 0);
  return { count, shares: shares.toSorted((one, other) => other.share - one.share) };
}
