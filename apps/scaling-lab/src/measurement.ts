import { tolerance, type Expectation } from './expectation.ts';
import type { Tally } from './outcome.ts';

/** What one phase of one scenario did to the users of one strategy. Every number but `expected` was counted. */
export interface Measurement {
  readonly scenario: string;
  readonly phase: string;
  readonly strategy: string;
  readonly nodesBefore: number;
  readonly nodesAfter: number;
  /** Every user was asked for once. */
  readonly users: number;
  readonly found: Tally;
  /** Sessions that one framework made and the other read. */
  readonly crossReads: CrossReads;
  /** Users who are logged in, but whose cart lacks something that had been acknowledged. */
  readonly cartsBehind: number;
  /** Background requests while this happened. */
  readonly traffic: Tally;
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

/**
 * What is wrong with a measurement, in words.
 *
 * Of a strategy that is `judged`: more users logged out, or out of reach, than its theory says (and chance explains), or a cart that went back.
 * Of any: a user who saw somebody else's profile, or got no proper answer.
 */
export function objectionsTo(measured: Omit<Measurement, 'objections'>, judged: boolean): readonly string[] {
  const { found, users, expected } = measured;
  const objections: string[] = [];
  if (found.stranger > 0) objections.push(`${found.stranger} users saw somebody else's profile`);
  if (!judged) return objections;

  const limit = (fraction: number): number => Math.floor((fraction + tolerance(fraction, users)) * users);
  const checks = [
    ['logged out', found['logged-out'], limit(expected.loggedOut)],
    ['found their session out of reach', found.unavailable, limit(expected.unavailable)],
    ['got no proper answer', found.failed, 0],
    ['had a cart that went back', measured.cartsBehind, 0],
  ] as const;
  for (const [what, count, most] of checks) {
    if (count > most) objections.push(`${count} of ${users} users ${what}; at most ${most} were to be expected`);
  }
  return objections;
}
