import { compare, shares, type Distribution, type RingNode } from '@sess/hash-ring';
import type { Phase, Share } from '../scenarios/scenarios.ts';
import type { Strategy } from '../apps/strategies.ts';

/** The node lists around an event. */
export interface Change {
  /** When the users logged in. */
  readonly before: readonly RingNode[];
  readonly after: readonly RingNode[];
  /** The node that was crashed, restarted or taken away. */
  readonly victim: string | undefined;
}

/** What theory says, as fractions of the users; `undefined` where it says nothing. */
export interface Expectation {
  readonly loggedOut: number | undefined;
  readonly unavailable: number | undefined;
}

/**
 * What a strategy leads one to expect of a phase: computed from the node lists of this very run. With two copies or
 * more of each session, no single node takes one along; where nodes list their keys, copies that were lost are
 * restored. What a database has too is there whatever becomes of the nodes.
 */
export function expectationOf(
  phase: Phase,
  strategy: Strategy,
  copies: number,
  change: Change,
  listsKeys = true,
): Expectation {
  const loggedOut = loggedOutShare(phase, strategy, copies, listsKeys);
  const unavailable = strategy.database || (strategy.handover && copies > 1) ? 'nobody' : phase.unavailable;
  return { loggedOut: fraction(loggedOut, strategy, change), unavailable: fraction(unavailable, strategy, change) };
}

function loggedOutShare({ loggedOut }: Phase, strategy: Strategy, copies: number, listsKeys: boolean): Share {
  if (strategy.database) return 'nobody';
  if (!strategy.handover) return loggedOut.byDistribution;
  if (copies > 1 && listsKeys && loggedOut.withRestoring !== undefined) return loggedOut.withRestoring;
  const kept = (strategy.drains ? loggedOut.withDrain : undefined) ?? loggedOut.withHandover;
  // More nodes than copies may go in one phase: then theory says nothing of copies either.
  return copies > 1 && kept !== 'unknown' ? 'nobody' : kept;
}

function fraction(share: Share, { distribution }: Strategy, change: Change): number | undefined {
  if (share === 'nobody') return 0;
  return share === 'unknown' || distribution === undefined
    ? undefined
    : FRACTIONS[share](distribution(change.before), change);
}

const FRACTIONS: Readonly<
  Record<Exclude<Share, 'nobody' | 'unknown'>, (before: Distribution, change: Change) => number>
> = {
  'keys-that-moved': (before, { after }) => compare(before, before.withNodes(after)).moved,
  'keys-of-the-victim': (before, { victim }) => (victim === undefined ? undefined : shares(before).get(victim)) ?? 0,
};

/**
 * How far a count of `users` may be from its expectation by chance: four standard deviations of a binomial sample (one
 * run in some 16,000 is further off), as a fraction. Where nobody is expected, nobody is allowed.
 */
export function tolerance(expected: number, users: number): number {
  return 4 * Math.sqrt((expected * (1 - expected)) / users);
}
