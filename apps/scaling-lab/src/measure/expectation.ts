import { compare, shares, type Distribution, type RingNode } from '@sess/hash-ring';
import type { Phase, Share } from '../scenarios/scenarios.ts';
import type { Strategy } from '../apps/strategies.ts';

/** Number of sampled keys, if there are several copies. */
const SAMPLES = 65_536;

/** The node lists around an event. */
export interface Change {
  /** When the users logged in. */
  readonly before: readonly RingNode[];
  readonly after: readonly RingNode[];
  /** The nodes that were crashed, restarted or removed. */
  readonly victims: readonly string[];
}

/** What theory predicts, as fractions of the users; `undefined` if it predicts nothing. */
export interface Expectation {
  readonly loggedOut: number | undefined;
  readonly unavailable: number | undefined;
}

/**
 * The expected result of a strategy in a phase, computed from the node lists of this run. With several copies, a
 * session is lost only with all nodes that hold it. If nodes list their keys, lost copies are restored and handovers
 * finish. With a database, no session is lost.
 */
export function expectationOf(
  phase: Phase,
  strategy: Strategy,
  copies: number,
  change: Change,
  listsKeys = true,
): Expectation {
  const loggedOut = loggedOutShare(phase, strategy, copies, listsKeys);
  const unavailable = strategy.database ? 'nobody' : phase.unavailable;
  return {
    loggedOut: fraction(loggedOut, strategy, copies, change),
    unavailable: fraction(unavailable, strategy, copies, change),
  };
}

function loggedOutShare({ loggedOut }: Phase, strategy: Strategy, copies: number, listsKeys: boolean): Share {
  if (strategy.database) return 'nobody';
  if (!strategy.handover) return loggedOut.byDistribution;
  if (copies > 1 && listsKeys && loggedOut.withRestoring !== undefined) return loggedOut.withRestoring;
  return (
    (strategy.drains ? loggedOut.withDrain : undefined) ??
    (listsKeys ? loggedOut.withFinishing : undefined) ??
    loggedOut.withHandover
  );
}

function fraction(share: Share, { distribution }: Strategy, copies: number, change: Change): number | undefined {
  if (share === 'nobody') return 0;
  return share === 'unknown' || distribution === undefined
    ? undefined
    : FRACTIONS[share](distribution(change.before), copies, change);
}

const FRACTIONS: Readonly<
  Record<Exclude<Share, 'nobody' | 'unknown'>, (before: Distribution, copies: number, change: Change) => number>
> = {
  'keys-that-moved': (before, _copies, { after }) => compare(before, before.withNodes(after)).moved,
  'keys-of-the-victims': heldByVictimsAlone,
};

function heldByVictimsAlone(before: Distribution, copies: number, { victims }: Change): number {
  if (victims.length < copies) return 0;
  if (copies === 1) {
    const parts = shares(before);
    return victims.reduce((sum, victim) => sum + (parts.get(victim) ?? 0), 0);
  }
  const lost = new Set(victims);
  let alone = 0;
  for (let key = 0; key < SAMPLES; key += 1)
    if (before.owners(`sess:sample:${key}`, copies).every(({ id }) => lost.has(id))) alone += 1;
  return alone / SAMPLES;
}

/**
 * How far a count of `users` may differ from its expectation by chance, as a fraction: four standard deviations of a
 * binomial sample (about one run in 16,000 differs more). 0 if nobody is expected.
 */
export function tolerance(expected: number, users: number): number {
  return 4 * Math.sqrt((expected * (1 - expected)) / users);
}
