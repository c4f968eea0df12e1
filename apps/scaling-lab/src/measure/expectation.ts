import { compare, shares, type Distribution, type RingNode } from '@sess/hash-ring';
import type { Phase, Share } from '../scenarios/scenarios.ts';
import type { Strategy } from '../apps/strategies.ts';

/** Keys that are looked up where copies decide. */
const SAMPLES = 65_536;

/** The node lists around an event. */
export interface Change {
  /** When the users logged in. */
  readonly before: readonly RingNode[];
  readonly after: readonly RingNode[];
  /** The nodes that were crashed, restarted or taken away. */
  readonly victims: readonly string[];
}

/** What theory says, as fractions of the users; `undefined` where it says nothing. */
export interface Expectation {
  readonly loggedOut: number | undefined;
  readonly unavailable: number | undefined;
}

/**
 * What a strategy leads one to expect of a phase: computed from the node lists of this very run. With several copies, a
 * session goes when all nodes that hold it do; where nodes list their keys, copies that were lost are restored, and
 * handovers finish. What a database has too is there whatever becomes of the nodes.
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
 * How far a count of `users` may be from its expectation by chance: four standard deviations of a binomial sample (one
 * run in some 16,000 is further off), as a fraction. Where nobody is expected, nobody is allowed.
 */
export function tolerance(expected: number, users: number): number {
  return 4 * Math.sqrt((expected * (1 - expected)) / users);
}
