import { setTimeout as wait } from 'node:timers/promises';
import type { AppFleet } from '../apps/app-fleet.ts';
import type { MissCount } from '../apps/app-messages.ts';

/** Why users were logged out: what part of them, by cause, the largest first, as far as an app was sure of it. */
export type MissShares = readonly { readonly cause: MissCount['cause']; readonly share: number }[];

/** An app finds the cause after it has answered; what it does not know by then is left out. */
const FOUND_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 50;

/**
 * What the apps found out of the sessions that they missed since they began, once they know as many causes as users were
 * `loggedOut`; `undefined` where the library can't tell.
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

/** A user may have missed a session twice, in two requests at once: so the parts are right, and numbers would not be. */
function sharesOf(misses: readonly MissCount[]): { readonly count: number; readonly shares: MissShares } {
  const counts = new Map<MissCount['cause'], number>();
  // Those are the logouts that users asked for.
  const unasked = misses.filter(({ cause }) => cause !== 'destroyed');
  for (const { cause, count, isSure } of unasked) if (isSure) counts.set(cause, (counts.get(cause) ?? 0) + count);
  const all = [...counts.values()].reduce((total, count) => total + count, 0);
  const shares = Array.from(counts, ([cause, count]) => ({ cause, share: count / all }));
  const count = unasked.reduce((total, miss) => total + miss.count, 0);
  return { count, shares: shares.toSorted((one, other) => other.share - one.share) };
}
