import { tolerance, type Expectation } from './expectation.ts';
import type { MissShares } from './miss-causes.ts';
import type { Tally } from '../users/outcome.ts';

/** What one phase of one scenario did to the users of one strategy. Every number but `expected` was counted. */
export interface Measurement {
  readonly scenario: string;
  readonly phase: string;
  readonly strategy: string;
  readonly nodesBefore: number;
  readonly nodesAfter: number;
  /** Those who did not log out themselves. Every one was asked for once. */
  readonly users: number;
  readonly found: Tally;
  /** Why users were logged out, as the apps found out; `undefined` where their library can't tell. */
  readonly causes: MissShares | undefined;
  /** Sessions that one framework made and the other read. */
  readonly crossReads: CrossReads;
  /**
   * Users who were shown a state older than one that had been acknowledged, in the scenario so far: a cart that lacks
   * an item.
   */
  readonly sawOlder: number;
  /** Users who logged out themselves in the scenario so far, and were told so. */
  readonly left: number;
  /** Of them, those whose cookie opens the session all the same. */
  readonly revived: number;
  /** Background requests while this happened. */
  readonly traffic: Tally;
  /** What the nodes were asked for meanwhile. */
  readonly nodeRequests: NodeRequests;
  /** By theory, as fractions of the users. */
  readonly expected: Expectation;
  /** Milliseconds from the event until every app process knew of it. */
  readonly eventMs: number;
  /** Milliseconds that it took to ask for every user. */
  readonly countMs: number;
  /** What should not be, in words; empty when all is as it should be. */
  readonly objections: readonly string[];
}

interface CrossReads {
  /** Made by Fastify, read by Koa. */
  readonly fastifyToKoa: number;
  readonly koaToFastify: number;
}

/** As the nodes themselves count: `get`, `set`, `touch`, `delete`. */
export interface NodeRequests {
  readonly seen: number;
  /** What as much background traffic had cost before the event. */
  readonly baseline: number;
}

/**
 * What is wrong with a measurement, in words; nothing is with a strategy that is not `judged`, but a user who sees
 * somebody else's profile.
 */
export function objectionsTo(
  measured: Omit<Measurement, 'objections'>,
  judged: boolean,
  mayBeStale: boolean,
): readonly string[] {
  const { found, users, expected } = measured;
  const objections: string[] = [];
  if (found.stranger > 0) objections.push(`${found.stranger} users saw somebody else's profile`);
  if (!judged) return objections;

  const limit = (fraction: number | undefined): number =>
    fraction === undefined ? users : Math.floor((fraction + tolerance(fraction, users)) * users);
  const checks = [
    [`of ${users} users were logged out`, found['logged-out'], limit(expected.loggedOut)],
    [`of ${users} users found their session out of reach`, found.unavailable, limit(expected.unavailable)],
    [`of ${users} users got no proper answer`, found.failed, 0],
    [
      `of ${users} users were shown an older state than one that had been acknowledged`,
      measured.sawOlder,
      mayBeStale ? users : 0,
    ],
    [`of ${measured.left} users who had logged out were logged in again`, measured.revived, 0],
  ] as const;
  for (const [what, count, most] of checks) {
    if (count > most) objections.push(`${count} ${what}; at most ${most} were to be expected`);
  }
  return objections;
}
