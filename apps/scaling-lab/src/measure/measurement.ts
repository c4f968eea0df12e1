import { tolerance, type Expectation } from './expectation.ts';
import type { MissShares } from './miss-causes.ts';
import type { Tally } from '../users/outcome.ts';

/** The effect of one phase of a scenario on the users of one strategy. Every number but `expected` was counted. */
export interface Measurement {
  readonly scenario: string;
  readonly phase: string;
  readonly strategy: string;
  readonly nodesBefore: number;
  readonly nodesAfter: number;
  /** Users who did not log out themselves. The count requests the profile of each once. */
  readonly users: number;
  readonly found: Tally;
  /** Why users were logged out, as reported by the apps; `undefined` if their library does not report causes. */
  readonly causes: MissShares | undefined;
  /** Number of sessions that one framework created and the other read. */
  readonly crossReads: CrossReads;
  /**
   * Users who read an older state than an acknowledged one, in the scenario so far: a cart that lacks an item.
   */
  readonly sawOlder: number;
  /** Users whose own logout was acknowledged, in the scenario so far. */
  readonly left: number;
  /** Those of `left` whose cookie still opens the session. */
  readonly revived: number;
  /** Background requests during the phase. */
  readonly traffic: Tally;
  /** Requests to the nodes during the phase. */
  readonly nodeRequests: NodeRequests;
  /** What theory predicts, as fractions of the users. */
  readonly expected: Expectation;
  /** Milliseconds from the event until every app process knew of it. */
  readonly eventMs: number;
  /** Duration of the count in milliseconds. */
  readonly countMs: number;
  /** Deviations from what is expected, as text; empty if there are none. */
  readonly objections: readonly string[];
}

interface CrossReads {
  /** Created by Fastify, read by Koa. */
  readonly fastifyToKoa: number;
  readonly koaToFastify: number;
}

/** Number of `get`, `set`, `touch` and `delete` commands, as counted by the nodes. */
export interface NodeRequests {
  readonly seen: number;
  /** The requests that the same background traffic would have cost before the event. */
  readonly baseline: number;
}

/**
 * The deviations of a measurement from what is expected, as text. For a strategy that is not `judged`, the only one is
 * a user who sees another user's profile.
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
