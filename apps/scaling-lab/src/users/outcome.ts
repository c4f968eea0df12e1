/**
 * What an answer says about its user.
 *
 * - `logged-in`: 200, and it is this user
 * - `logged-out`: 401, or a cart that is no longer this user's
 * - `unavailable`: 503; the session is out of reach, which says nothing about whether it exists
 * - `stranger`: 200, but as another user. Must never happen
 * - `failed`: any other status, or no answer at all
 */
export type Outcome = 'logged-in' | 'logged-out' | 'unavailable' | 'stranger' | 'failed';

export type Tally = Readonly<Record<Outcome, number>>;

export const OUTCOMES: readonly Outcome[] = ['logged-in', 'logged-out', 'unavailable', 'stranger', 'failed'];

/** Counts outcomes. */
export function tally(outcomes: Iterable<Outcome>): Tally {
  const counts: Record<Outcome, number> = { 'logged-in': 0, 'logged-out': 0, unavailable: 0, stranger: 0, failed: 0 };
  for (const outcome of outcomes) counts[outcome] += 1;
  return counts;
}

/** The outcome of any status but 200. */
export function outcomeOfStatus(status: number): Outcome {
  if (status === 401) return 'logged-out';
  return status === 503 ? 'unavailable' : 'failed';
}
