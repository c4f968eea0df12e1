import { compare, shares, type Distribution, type RingNode } from '@sess/hash-ring';
import type { Phase, Share } from './scenarios.ts';
import type { Strategy } from './strategies.ts';

/** The node lists around an event. */
export interface Change {
  /** When the users logged in. */
  readonly before: readonly RingNode[];
  readonly after: readonly RingNode[];
  /** The node that was crashed or restarted. */
  readonly victim: string | undefined;
}

/** What the theory of the distribution says, as fractions of the users. */
export interface Expectation {
  readonly loggedOut: number;
  readonly unavailable: number;
}

/**
 * What a strategy leads one to expect of a phase: computed from the node lists of this very run. With two copies or more of each session, no single node
 * takes one along.
 */
export function expectationOf(phase: Phase, strategy: Strategy, copies: number, change: Change): Expectation {
  if (strategy.handover && copies > 1) return { loggedOut: 0, unavailable: 0 };
  const before = strategy.distribution(change.before);
  const loggedOut = strategy.handover ? phase.loggedOut.withHandover : phase.loggedOut.byDistribution;
  return { loggedOut: FRACTIONS[loggedOut](before, change), unavailable: FRACTIONS[phase.unavailable](before, change) };
}

const FRACTIONS: Readonly<Record<Share, (before: Distribution, change: Change) => number>> = {
  nobody: () => 0,
  'keys-that-moved': (before, { after }) => compare(before, before.withNodes(after)).moved,
  'keys-of-the-victim': (before, { victim }) => (victim === undefined ? undefined : shares(before).get(victim)) ?? 0,
};

/**
 * How far a count of `users` may be from its expectation by chance: four standard deviations of a binomial sample (one run in some 16,000 is
 * further off), as a fraction. Where nobody is expected, nobody is allowed.
 */
export function tolerance(expected: number, users: number): number {
  return 4 * Math.sqrt((expected * (1 - expected)) / users);
}
